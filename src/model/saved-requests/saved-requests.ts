import type { DiscardReason } from '@db/session-tables'
import { sendWrite } from '@db/send-write'
import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { seal, unseal } from '@/lib/encryption'
import { networkFor } from '@/lib/ip-address'
import type { User } from '@/model/types'
import { discard, enforceCaps } from './caps'
import { claimStateOf, finishClaim, SAVED_REQUEST_LIFETIME, startClaim, type Claim, type ClaimState } from './claims'

export { SAVED_REQUEST_LIFETIME }

export type SavedRequest = {
  method: string
  path: string
  fields: [name: string, value: string][]
  /** The page that the form came from, if the browser told it. */
  page?: string
}

export type StoredRequest = SavedRequest & {
  id: string
  created_at: number
  /** The names of secret fields, whose values are never stored. */
  omitted: string[]
  state: ClaimState
  /** When an attempt to send it began whose result is unknown. */
  claimed_at: number | null
}

/** A saved request that was not kept until the login. */
export type DiscardedRequest = { id: string; created_at: number; reason: DiscardReason }

export type SavedRequestKey = { user: Pick<User, 'id'>; secret: string }

const MAX_BYTES = 64 * 1024

const SECRET_FIELD =
  /password|passphrase|passwd|passcode|token|(api|private|secret)[_-]?key|recovery[_-]?code|assertion|attestation|^code$/i
const SECRET_WORD = /^(secret|pass|pwd|pin|otp|totp|mfa|cvc|cvv)$/i // whole words only: `footprint` and `secretary` are harmless

const isSecretField = (name: string) =>
  SECRET_FIELD.test(name) || name.split(/[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])/).some((word) => SECRET_WORD.test(word))

/**
 * Encrypted with a secret that only the browser has: a copy of the database reveals no form. Returns whether it was saved.
 * `hasSavedRequest` also tells whether its user must be told that it was not.
 */
export async function saveRequest(
  deps: Deps,
  { user, secret }: SavedRequestKey,
  request: SavedRequest,
  { source = '' }: { source?: string } = {},
) {
  const fields = request.fields.filter(([name]) => !isSecretField(name))
  const omitted = [...new Set(request.fields.map(([name]) => name).filter(isSecretField))]
  if (fields.length === 0 && request.fields.length > 0) return false
  const text = JSON.stringify({ ...request, fields, omitted })
  const isTooLarge = Buffer.byteLength(text) > MAX_BYTES
  const at = deps.now()
  const id = base64url(deps.random(16))
  const row = {
    id,
    key_hash: sha256(secret),
    user_id: user.id,
    ciphertext: isTooLarge ? '' : await seal(text, { secret, salt: id, owner: user.id }, deps.random),
    created_at: at,
    expires_at: at + SAVED_REQUEST_LIFETIME,
    claimed_at: null,
    source_hash: sha256(networkFor(source) || source),
    discarded_reason: null,
  }
  return inTransaction(
    deps,
    async (deps) => {
      const { db } = deps
      await sendWrite(db, db.deleteFrom('saved_requests').where('expires_at', '<=', at))
      await sendWrite(db, db.insertInto('saved_requests').values(row))
      await (isTooLarge ? discard(deps, row, 'too-large') : enforceCaps(deps, row))
      const waiting = db.selectFrom('saved_requests').select('id').where('id', '=', id)
      return (await waiting.where('discarded_reason', 'is', null).executeTakeFirst()) !== undefined
    },
    { locks: [accountLock(user.id)] },
  )
}

/** A condition for `where`: rows of this user and browser that have not expired. */
const belongsTo =
  ({ now }: Pick<Deps, 'now'>, { user, secret }: SavedRequestKey) =>
  (eb: ExpressionBuilder<Schema, 'saved_requests'>) =>
    eb.and([eb('key_hash', '=', sha256(secret)), eb('user_id', '=', user.id), eb('expires_at', '>', now())])

const columns = ['id', 'ciphertext', 'created_at', 'claimed_at'] as const

type Row = Pick<Schema['saved_requests'], (typeof columns)[number]>

/** Newest first, without those that are being sent. */
async function listRows(deps: Deps, key: SavedRequestKey) {
  const rows = await deps.db
    .selectFrom('saved_requests')
    .select(columns)
    .where(belongsTo(deps, key))
    .where('discarded_reason', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.filter((row) => isVisible(deps, row))
}

function isVisible(deps: Deps, row: Pick<Row, 'id' | 'claimed_at'>) {
  const state = claimStateOf(deps, row)
  return state !== 'running' && state !== 'done'
}

export async function listSavedRequests(deps: Deps, key: SavedRequestKey) {
  const decrypted = await Promise.all((await listRows(deps, key)).map((row) => decrypt(deps, row, key)))
  return decrypted.filter((request) => request !== undefined)
}

export const listDiscardedRequests = async (deps: Deps, key: SavedRequestKey): Promise<DiscardedRequest[]> => {
  const rows = deps.db.selectFrom('saved_requests').select(['id', 'created_at', 'discarded_reason as reason'])
  const discarded = await rows.where(belongsTo(deps, key)).orderBy('created_at', 'desc').orderBy('id').execute()
  return discarded.flatMap(({ reason, ...row }) => (reason === null ? [] : [{ ...row, reason }]))
}

/** Whether `/resume` has something to show: a saved request, or one that was not kept. */
export async function hasSavedRequest(deps: Deps, key: SavedRequestKey) {
  const rows = deps.db.selectFrom('saved_requests').select(['id', 'claimed_at']).where(belongsTo(deps, key))
  return (await rows.execute()).some((row) => isVisible(deps, row))
}

/** Deletes and returns the saved request with this id, or the newest one. */
export async function consumeSavedRequest(deps: Deps, key: SavedRequestKey, id?: string) {
  const row = (await listRows(deps, key)).find((row) => id === undefined || row.id === id)
  if (!row || claimStateOf(deps, row) === 'elsewhere') return undefined
  const deleted = await deps.db
    .deleteFrom('saved_requests')
    .where(belongsTo(deps, key))
    .where('id', '=', row.id)
    .where('claimed_at', 'is not distinct from', row.claimed_at)
    .returning('id')
    .executeTakeFirst()
  return deleted && decrypt(deps, row, key)
}

/** After its user was told. */
export const deleteDiscardedRequest = async (deps: Deps, key: SavedRequestKey, id: string) => {
  const own = deps.db.deleteFrom('saved_requests').where(belongsTo(deps, key)).where('discarded_reason', 'is not', null)
  return (await own.where('id', '=', id).returning('id').executeTakeFirst()) !== undefined
}

/**
 * Claims the saved request with this id, or the newest one. One of parallel requests gets it. After an interrupted attempt
 * it must be asked for by the time of that attempt: it may have been sent, and the user was told.
 */
export async function claimSavedRequest(deps: Deps, key: SavedRequestKey, id?: string, interruptedAt?: number) {
  const rows = await listRows(deps, key)
  const row = rows.find((row) => (id === undefined || row.id === id) && isClaimable(deps, row, interruptedAt))
  const claim = row && (await startClaim(deps, row.id, (claimed_at) => markClaimed(deps, key, row, claimed_at)))
  if (!claim) return undefined
  const saved = await decrypt(deps, row, key)
  if (!saved) await deleteClaimedRequest(deps, claim) // its row was changed in the database
  return saved && { ...saved, ...claim }
}

function isClaimable(deps: Deps, row: Row, interruptedAt: number | undefined) {
  const state = claimStateOf(deps, row)
  return state === 'free' || (state === 'interrupted' && row.claimed_at === interruptedAt)
}

async function markClaimed({ db, now }: Deps, key: SavedRequestKey, row: Row, claimed_at: number) {
  const claimed = await db
    .updateTable('saved_requests')
    .set({ claimed_at })
    .where(belongsTo({ now }, key))
    .where('id', '=', row.id)
    .where('claimed_at', 'is not distinct from', row.claimed_at)
    .where('discarded_reason', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** After a response that reports success or an error of the user. */
export const deleteClaimedRequest = (deps: Deps, claim: Claim) => finishClaim(deps, claim, 'done')

/** After a fault, which changed nothing. */
export const releaseClaimedRequest = (deps: Deps, claim: Claim) => finishClaim(deps, claim, 'failed')

/** Whether the saved request with this id is being sent, or any of this user and browser. */
export async function isBeingSent(deps: Deps, key: SavedRequestKey, id?: string) {
  const own = deps.db.selectFrom('saved_requests').select(['id', 'claimed_at']).where(belongsTo(deps, key))
  const rows = await (id === undefined ? own : own.where('id', '=', id)).execute()
  return rows.some((row) => ['running', 'elsewhere'].includes(claimStateOf(deps, row)))
}

/** Deletes the saved requests of a browser, unless one of them belongs to `user`. Returns whether none is left. */
export async function discardSavedRequests(deps: Deps, secret: string | undefined, user?: Pick<User, 'id'>) {
  if (!secret || (user && (await hasSavedRequest(deps, { user, secret })))) return false
  await sendWrite(deps.db, deps.db.deleteFrom('saved_requests').where('key_hash', '=', sha256(secret)))
  return true
}

async function decrypt(
  deps: Deps,
  { id, ciphertext, created_at, claimed_at }: Row,
  { user, secret }: SavedRequestKey,
): Promise<StoredRequest | undefined> {
  const text = await unseal(ciphertext, { secret, salt: id, owner: user.id })
  const state = claimStateOf(deps, { id, claimed_at })
  return text === undefined ? undefined : { ...JSON.parse(text), id, created_at, state, claimed_at } // authenticated encryption: it is the text that `saveRequest` wrote
}
