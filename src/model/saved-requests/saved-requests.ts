import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { inTransaction, writeBestEffort } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { minutes } from '@/lib/duration'
import { seal, unseal } from '@/lib/encryption'
import type { User } from '@/model/types'

export type SavedRequest = { method: string; path: string; fields: [name: string, value: string][] }

/** `omitted` has the names of secret fields, whose values are never stored. */
export type StoredRequest = SavedRequest & { id: string; created_at: number; omitted: string[] }

type SavedRequestKey = { user: Pick<User, 'id'>; secret: string }

export const SAVED_REQUEST_LIFETIME = minutes(15)
const CLAIM_TIMEOUT = minutes(1) // longer than any request; a stopped process cannot release its claim
const MAX_BYTES = 64 * 1024
const MAX_PER_BROWSER = 10 // for several tabs
const MAX_PER_USER = 30
const MAX_TOTAL = 1000 // 64 MiB

const SECRET_FIELD = /password|passphrase|passwd|passcode|token|(api|private|secret)[_-]?key|^code$/i
const SECRET_WORD = /^(secret|pass|pwd|pin|otp|totp|mfa|cvc|cvv)$/i // whole words only: `footprint` and `secretary` are harmless

const isSecretField = (name: string) =>
  SECRET_FIELD.test(name) || name.split(/[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])/).some((word) => SECRET_WORD.test(word))

/** Encrypted with a secret that only the browser has: a copy of the database reveals no form. */
export async function saveRequest(deps: Deps, { user, secret }: SavedRequestKey, request: SavedRequest) {
  const fields = request.fields.filter(([name]) => !isSecretField(name))
  const omitted = [...new Set(request.fields.map(([name]) => name).filter(isSecretField))]
  const text = JSON.stringify({ ...request, fields, omitted })
  if ((fields.length === 0 && request.fields.length > 0) || Buffer.byteLength(text) > MAX_BYTES) return false
  const at = deps.now()
  const id = base64url(deps.random(16))
  const ciphertext = await seal(text, { secret, salt: id, owner: user.id }, deps.random)
  const row = {
    id,
    key_hash: sha256(secret),
    user_id: user.id,
    ciphertext,
    created_at: at,
    expires_at: at + SAVED_REQUEST_LIFETIME,
    claimed_at: null,
  }
  return inTransaction(deps, async ({ db }) => {
    await db.deleteFrom('saved_requests').where('expires_at', '<=', at).execute()
    const own = db.selectFrom('saved_requests').select('id').where('user_id', '=', user.id)
    const elsewhere = await own.where('key_hash', '!=', row.key_hash).execute()
    if (elsewhere.length >= MAX_PER_USER) return false // an attacker cannot push out those of another browser
    await db.insertInto('saved_requests').values(row).execute()
    const here = own.where('key_hash', '=', row.key_hash).orderBy('created_at', 'desc').orderBy('id')
    const all = db.selectFrom('saved_requests').select('id').orderBy('created_at', 'desc').orderBy('id')
    for (const old of [...(await here.execute()).slice(MAX_PER_BROWSER), ...(await all.execute()).slice(MAX_TOTAL)])
      await db.deleteFrom('saved_requests').where('id', '=', old.id).execute()
    return true
  })
}

/** A condition for `where`: saved requests of this user and browser that are neither expired nor claimed. */
const belongsTo =
  ({ now }: Deps, { user, secret }: SavedRequestKey) =>
  (eb: ExpressionBuilder<Schema, 'saved_requests'>) =>
    eb.and([
      eb('key_hash', '=', sha256(secret)),
      eb('user_id', '=', user.id),
      eb('expires_at', '>', now()),
      eb.or([eb('claimed_at', 'is', null), eb('claimed_at', '<=', now() - CLAIM_TIMEOUT)]),
    ])

const columns = ['id', 'ciphertext', 'created_at'] as const

export async function listSavedRequests(deps: Deps, key: SavedRequestKey) {
  const rows = await deps.db
    .selectFrom('saved_requests')
    .select(columns)
    .where(belongsTo(deps, key))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  const decrypted = await Promise.all(rows.map((row) => decrypt(row, key)))
  return decrypted.filter((request) => request !== undefined)
}

export const hasSavedRequest = async (deps: Deps, key: SavedRequestKey) =>
  (await deps.db.selectFrom('saved_requests').select('id').where(belongsTo(deps, key)).limit(1).executeTakeFirst()) !==
  undefined

/** Deletes and returns the saved request with this id, or the newest one. */
export async function consumeSavedRequest(deps: Deps, key: SavedRequestKey, id?: string) {
  const own = deps.db.deleteFrom('saved_requests').where(belongsTo(deps, key)).returning(columns)
  const row = await own.where('id', '=', id ?? newestId(deps, key)).executeTakeFirst()
  return row && decrypt(row, key)
}

/** Claims the saved request with this id, or the newest one. Of parallel requests, one gets it. */
export async function claimSavedRequest(deps: Deps, key: SavedRequestKey, id?: string) {
  const claimed_at = deps.now()
  const own = deps.db.updateTable('saved_requests').set({ claimed_at }).where(belongsTo(deps, key)).returning(columns)
  const row = await own.where('id', '=', id ?? newestId(deps, key)).executeTakeFirst()
  const saved = row && (await decrypt(row, key))
  return saved && { ...saved, claimed_at }
}

type Claim = { id: string; claimed_at: number }

/** Best effort: the response is already decided. */
export const deleteClaimedRequest = (deps: Deps, { id, claimed_at }: Claim) =>
  writeBestEffort(deps, () =>
    deps.db.deleteFrom('saved_requests').where('id', '=', id).where('claimed_at', '=', claimed_at).execute(),
  )

/** Best effort: the claim expires anyway. */
export const releaseClaimedRequest = (deps: Deps, { id, claimed_at }: Claim) =>
  writeBestEffort(deps, () =>
    deps.db
      .updateTable('saved_requests')
      .set({ claimed_at: null })
      .where('id', '=', id)
      .where('claimed_at', '=', claimed_at)
      .execute(),
  )

const newestId = (deps: Deps, key: SavedRequestKey) =>
  deps.db
    .selectFrom('saved_requests')
    .select('id')
    .where(belongsTo(deps, key))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)

/** Deletes the saved requests of a browser, unless one of them belongs to `user`. Returns whether none is left. */
export async function discardSavedRequests(deps: Deps, secret: string | undefined, user?: Pick<User, 'id'>) {
  if (!secret || (user && (await hasSavedRequest(deps, { user, secret })))) return false
  await deps.db.deleteFrom('saved_requests').where('key_hash', '=', sha256(secret)).execute()
  return true
}

type Row = Pick<Schema['saved_requests'], (typeof columns)[number]>

async function decrypt(
  { id, ciphertext, created_at }: Row,
  { user, secret }: SavedRequestKey,
): Promise<StoredRequest | undefined> {
  const text = await unseal(ciphertext, { secret, salt: id, owner: user.id })
  return text === undefined ? undefined : { ...JSON.parse(text), id, created_at } // authenticated encryption: it is the text that `saveRequest` wrote
}
