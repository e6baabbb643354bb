import { inTransaction, type Deps } from '@/deps'
import { base64url, sha256 } from '@/lib/bytes'
import { minutes } from '@/lib/durations'
import { seal, unseal } from '@/lib/sealing'
import type { User } from './users'

/** A form that was on its way when the session ended, and could not be taken then. */
export type Draft = { method: string; path: string; fields: [name: string, value: string][] }

type Keeper = { user: Pick<User, 'id'>; secret: string }

export const KEPT_FOR = minutes(15)
const MOST_BYTES = 64 * 1024
const MOST_KEPT = 10 // a user; one for each tab that somebody may have been writing in

// What nobody should find anywhere but where it was typed. The form asks for it again.
const SECRET = /password|passphrase|passwd|secret|token|otp/i

/**
 * Keeps a form for the user whose session ended, for a quarter of an hour: sealed with a secret that only the browser has.
 * Fields for passwords and tokens are left out. False where that leaves nothing to keep, or there is too much of it.
 */
export async function createDraft(deps: Deps, { user, secret }: Keeper, draft: Draft) {
  const fields = draft.fields.filter(([name]) => !SECRET.test(name))
  const text = JSON.stringify({ ...draft, fields })
  if ((fields.length === 0 && draft.fields.length > 0) || Buffer.byteLength(text) > MOST_BYTES) return false
  const at = deps.now()
  const id = base64url(deps.random(16))
  const sealed = await seal(text, { secret, salt: id, owner: user.id }, deps.random)
  const row = { id, keeper_hash: sha256(secret), user_id: user.id, sealed, created_at: at, expires_at: at + KEPT_FOR }
  await inTransaction(deps, async ({ db }) => {
    await db.deleteFrom('drafts').where('expires_at', '<=', at).execute()
    await db.insertInto('drafts').values(row).execute()
    const newest = db.selectFrom('drafts').select('id').where('user_id', '=', user.id)
    const kept = newest.orderBy('created_at', 'desc').orderBy('id').limit(MOST_KEPT)
    await db.deleteFrom('drafts').where('user_id', '=', user.id).where('id', 'not in', kept).execute()
  })
  return true
}

const live = ({ db, now }: Deps, { user, secret }: Keeper) =>
  db
    .selectFrom('drafts')
    .select(['id', 'sealed', 'created_at'])
    .where('keeper_hash', '=', sha256(secret))
    .where('user_id', '=', user.id)
    .where('expires_at', '>', now())

/** The forms that wait for this user in this browser, the newest first. */
export async function listDrafts(deps: Deps, keeper: Keeper) {
  const rows = await live(deps, keeper).orderBy('created_at', 'desc').orderBy('id').execute()
  const opened = await Promise.all(rows.map((row) => open(row, keeper)))
  return opened.filter((draft) => draft !== undefined)
}

/** Whether any form waits for this user in this browser. */
export const isWaiting = async (deps: Deps, keeper: Keeper) =>
  (await live(deps, keeper).limit(1).executeTakeFirst()) !== undefined

/**
 * Takes the form with this id, or the newest, so that it can be sent. It is gone by that: of twenty who ask at once one
 * gets it, and nobody twice.
 */
export async function takeDraft({ db, now }: Deps, keeper: Keeper, id?: string) {
  const own = db
    .deleteFrom('drafts')
    .where('keeper_hash', '=', sha256(keeper.secret))
    .where('user_id', '=', keeper.user.id)
    .where('expires_at', '>', now())
  const newest = db
    .selectFrom('drafts')
    .select('id')
    .where('keeper_hash', '=', sha256(keeper.secret))
    .where('user_id', '=', keeper.user.id)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)
  const taken = await (id === undefined ? own.where('id', '=', newest) : own.where('id', '=', id))
    .returning(['id', 'sealed', 'created_at'])
    .executeTakeFirst()
  return taken && open(taken, keeper)
}

/** Throws away whatever this browser had waiting, whoever it was for. */
export const endDraftsOf = ({ db }: Deps, secret: string) =>
  db.deleteFrom('drafts').where('keeper_hash', '=', sha256(secret)).execute()

type Row = { id: string; sealed: string; created_at: number }

async function open({ id, sealed, created_at }: Row, { user, secret }: Keeper) {
  const text = await unseal(sealed, { secret, salt: id, owner: user.id })
  if (text === undefined) return undefined
  const draft: Draft = JSON.parse(text) // sealed by us, so it is what we wrote
  return { id, created_at, ...draft }
}
