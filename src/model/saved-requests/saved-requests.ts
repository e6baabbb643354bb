import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { inTransaction, writeBestEffort } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { minutes } from '@/lib/duration'
import { seal, unseal } from '@/lib/encryption'
import type { User } from '@/model/types'

/** A form that was on its way when the session ended, and could not be taken then. */
export type SavedRequest = { method: string; path: string; fields: [name: string, value: string][] }

/** The same while it waits. Of fields that hold secrets only the names are kept. */
export type StoredRequest = SavedRequest & { id: string; created_at: number; omitted: string[] }

type SavedRequestKey = { user: Pick<User, 'id'>; secret: string }

export const SAVED_REQUEST_LIFETIME = minutes(15)
const CLAIM_TIMEOUT = minutes(1) // longer than any request takes; a process that stopped meanwhile releases no claim
const MAX_BYTES = 64 * 1024
const MAX_PER_BROWSER = 10 // one for each tab that somebody may have been writing in
const MAX_PER_USER = 30
const MAX_TOTAL = 1000 // of 64 KiB at most, whoever posts

// What nobody should find anywhere but where it was typed. The form asks for it again.
const SECRET_FIELD = /password|passphrase|passwd|passcode|token|(api|private|secret)[_-]?key|^code$/i
const SECRET_WORD = /^(secret|pass|pwd|pin|otp|totp|mfa|cvc|cvv)$/i // these stand in harmless words, too: a footprint, a secretary

const isSecretField = (name: string) =>
  SECRET_FIELD.test(name) || name.split(/[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])/).some((word) => SECRET_WORD.test(word))

/**
 * Keeps a form for the user whose session ended, for a quarter of an hour: sealed with a secret that only the browser has.
 * Fields for passwords and tokens are left out. False where that leaves nothing to keep, or there is too much of it.
 */
export async function saveRequest(deps: Deps, { user, secret }: SavedRequestKey, draft: SavedRequest) {
  const fields = draft.fields.filter(([name]) => !isSecretField(name))
  const omitted = [...new Set(draft.fields.map(([name]) => name).filter(isSecretField))]
  const text = JSON.stringify({ ...draft, fields, omitted })
  if ((fields.length === 0 && draft.fields.length > 0) || Buffer.byteLength(text) > MAX_BYTES) return false
  const at = deps.now()
  const id = base64url(deps.random(16))
  const sealed = await seal(text, { secret, salt: id, owner: user.id }, deps.random)
  const row = {
    id,
    key_hash: sha256(secret),
    user_id: user.id,
    ciphertext: sealed,
    created_at: at,
    expires_at: at + SAVED_REQUEST_LIFETIME,
    claimed_at: null,
  }
  return inTransaction(deps, async ({ db }) => {
    await db.deleteFrom('saved_requests').where('expires_at', '<=', at).execute()
    const own = db.selectFrom('saved_requests').select('id').where('user_id', '=', user.id)
    const elsewhere = await own.where('key_hash', '!=', row.key_hash).execute()
    if (elsewhere.length >= MAX_PER_USER) return false // whoever fills them: what waits in this browser is not pushed out
    await db.insertInto('saved_requests').values(row).execute()
    const here = own.where('key_hash', '=', row.key_hash).orderBy('created_at', 'desc').orderBy('id')
    const all = db.selectFrom('saved_requests').select('id').orderBy('created_at', 'desc').orderBy('id')
    for (const old of [...(await here.execute()).slice(MAX_PER_BROWSER), ...(await all.execute()).slice(MAX_TOTAL)])
      await db.deleteFrom('saved_requests').where('id', '=', old.id).execute()
    return true
  })
}

/** For a `where`: the saved requests of this user in this browser that neither expired nor are being carried out. */
const belongsTo =
  ({ now }: Deps, { user, secret }: SavedRequestKey) =>
  (its: ExpressionBuilder<Schema, 'saved_requests'>) =>
    its.and([
      its('key_hash', '=', sha256(secret)),
      its('user_id', '=', user.id),
      its('expires_at', '>', now()),
      its.or([its('claimed_at', 'is', null), its('claimed_at', '<=', now() - CLAIM_TIMEOUT)]),
    ])

const columns = ['id', 'ciphertext', 'created_at'] as const

/** The forms that wait for this user in this browser, the newest first. */
export async function listSavedRequests(deps: Deps, keeper: SavedRequestKey) {
  const own = deps.db.selectFrom('saved_requests').select(columns).where(belongsTo(deps, keeper))
  const rows = await own.orderBy('created_at', 'desc').orderBy('id').execute()
  const opened = await Promise.all(rows.map((row) => decrypt(row, keeper)))
  return opened.filter((draft) => draft !== undefined)
}

/** Whether any form waits for this user in this browser. */
export const hasSavedRequest = async (deps: Deps, keeper: SavedRequestKey) =>
  (await deps.db
    .selectFrom('saved_requests')
    .select('id')
    .where(belongsTo(deps, keeper))
    .limit(1)
    .executeTakeFirst()) !== undefined

/** Deletes and returns the saved request with this id, or the newest one. */
export async function consumeSavedRequest(deps: Deps, keeper: SavedRequestKey, id?: string) {
  const own = deps.db.deleteFrom('saved_requests').where(belongsTo(deps, keeper)).returning(columns)
  const row = await own.where('id', '=', id ?? newestId(deps, keeper)).executeTakeFirst()
  return row && decrypt(row, keeper)
}

/** Claims the saved request with this id, or the newest one. Of several requests at once one gets it. */
export async function claimSavedRequest(deps: Deps, keeper: SavedRequestKey, id?: string) {
  const claimed_at = deps.now()
  const own = deps.db
    .updateTable('saved_requests')
    .set({ claimed_at })
    .where(belongsTo(deps, keeper))
    .returning(columns)
  const row = await own.where('id', '=', id ?? newestId(deps, keeper)).executeTakeFirst()
  const saved = row && (await decrypt(row, keeper))
  return saved && { ...saved, claimed_at }
}

type Claim = { id: string; claimed_at: number }

/** Deletes a claimed request that was carried out. Best effort: the response to it is already decided. */
export const deleteClaimedRequest = (deps: Deps, { id, claimed_at }: Claim) =>
  writeBestEffort(deps, () =>
    deps.db.deleteFrom('saved_requests').where('id', '=', id).where('claimed_at', '=', claimed_at).execute(),
  )

/** Lets the user send a claimed request again. Best effort: the claim expires anyway. */
export const releaseClaimedRequest = (deps: Deps, { id, claimed_at }: Claim) =>
  writeBestEffort(deps, () =>
    deps.db
      .updateTable('saved_requests')
      .set({ claimed_at: null })
      .where('id', '=', id)
      .where('claimed_at', '=', claimed_at)
      .execute(),
  )

const newestId = (deps: Deps, keeper: SavedRequestKey) =>
  deps.db
    .selectFrom('saved_requests')
    .select('id')
    .where(belongsTo(deps, keeper))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)

/** Deletes the saved requests of a browser, unless one of them belongs to `user`. Returns whether none is left. */
export async function discardSavedRequests(deps: Deps, secret: string | undefined, user?: Pick<User, 'id'>) {
  if (!secret || (user && (await hasSavedRequest(deps, { user, secret })))) return false
  await deleteSavedRequests(deps, secret)
  return true
}

/** Deletes all saved requests of a browser. */
export const deleteSavedRequests = ({ db }: Deps, secret: string) =>
  db.deleteFrom('saved_requests').where('key_hash', '=', sha256(secret)).execute()

type Row = Pick<Schema['saved_requests'], (typeof columns)[number]>

async function decrypt(
  { id, ciphertext, created_at }: Row,
  { user, secret }: SavedRequestKey,
): Promise<StoredRequest | undefined> {
  const text = await unseal(ciphertext, { secret, salt: id, owner: user.id })
  return text === undefined ? undefined : { ...JSON.parse(text), id, created_at } // sealed by us, so it is what we wrote
}
