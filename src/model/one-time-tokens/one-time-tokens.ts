import type { MailKind, ResetStep, TokenPurpose } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import { base64url, sha256 } from '@/lib/encoding'
import { createToken, isWellFormedToken } from '@/lib/random-token'
import type { User } from '@/model/types'
import { purposeRules } from './purpose-rules'

/** A second mail must not end the link of the first one, which the user may open later. */
const MAX_PER_PURPOSE = 3

/** `id` is undefined if the address has no account. */
type TokenOwner = { id?: string; email: string; password_version?: number }

export type TokenOptions = {
  /** argon2id of the code in the same mail. */
  codeHash?: string
  /** The browser in which the code works. */
  flowHash?: string | null
  pendingSignupId?: string | null
  emailChangeId?: string | null
  factorResetId?: string | null
  passkeyId?: string | null
  /** For `secure-account`. */
  event?: ReportedEvent
}

/** The event that a mail reports, for the page of its `secure-account` link. Epoch milliseconds; the IP address is shortened. */
export type ReportedEvent = { kind: MailKind; at: number; browser?: string; ip?: string }

/** Returns the token for the mail that is sent now. Belongs in a transaction with the lock of the account or of the address. */
export async function issueOneTimeToken(
  deps: Deps,
  purpose: TokenPurpose,
  { id: user_id, email, password_version }: TokenOwner,
  {
    codeHash,
    flowHash = null,
    pendingSignupId = null,
    emailChangeId = null,
    factorResetId = null,
    passkeyId = null,
    event,
  }: TokenOptions = {},
) {
  const { token, token_hash } = createToken(deps)
  const created_at = deps.now()
  const row = {
    id: base64url(deps.random(16)),
    token_hash,
    code_hash: codeHash ?? null,
    purpose,
    user_id: user_id ?? null,
    pending_signup_id: pendingSignupId,
    email_change_id: emailChangeId,
    factor_reset_id: factorResetId,
    passkey_id: passkeyId,
    canonical_email: canonicalEmail(email) ?? '',
    password_version: password_version ?? null,
    flow_hash: flowHash,
    event: event === undefined ? null : JSON.stringify(event),
    second_step: null,
    second_step_at: null,
    created_at,
    expires_at: created_at + purposeRules[purpose].lifetime,
  }
  if (row.code_hash !== null) await endEarlierCodes(deps, row)
  await deps.db.insertInto('one_time_tokens').values(row).execute()
  await enforceMax(deps, row)
  return token
}

/** Only the newest code of a browser works, so that five attempts are five. The links of earlier mails keep working. */
const endEarlierCodes = ({ db }: Deps, { purpose, flow_hash }: Pick<Owned, 'purpose' | 'flow_hash'>) =>
  db
    .updateTable('one_time_tokens')
    .set({ code_hash: null })
    .where('flow_hash', '=', flow_hash)
    .where('purpose', '=', purpose)
    .execute()

type Owned = Pick<Schema['one_time_tokens'], 'id' | 'purpose' | 'user_id' | 'pending_signup_id' | 'flow_hash'>

/** Per user, sign-up or, without either, browser. `secure-account`: each mail reports another event. */
async function enforceMax({ db, config }: Deps, { id, purpose, user_id, pending_signup_id, flow_hash }: Owned) {
  if (purpose === 'secure-account') return
  const tokens = db.selectFrom('one_time_tokens').select('id').where('purpose', '=', purpose)
  const owned =
    user_id !== null
      ? tokens.where('user_id', '=', user_id)
      : pending_signup_id !== null
        ? tokens.where('pending_signup_id', '=', pending_signup_id)
        : tokens.where('flow_hash', '=', flow_hash)
  const oldest = owned
    .where('id', '!=', id)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .offset(MAX_PER_PURPOSE - 1)
    .limit(config.rowCaps.deletedAtOnce)
  await db.deleteFrom('one_time_tokens').where('id', 'in', oldest).execute()
}

const tokenColumns = [
  'id',
  'user_id',
  'pending_signup_id',
  'email_change_id',
  'factor_reset_id',
  'passkey_id',
  'canonical_email',
  'flow_hash',
  'event',
  'second_step',
  'second_step_at',
  'created_at',
] as const

/** For a page: changes nothing. */
export async function findOneTimeToken({ db, now }: Deps, purpose: TokenPurpose, token = '') {
  if (!isWellFormedToken(token)) return undefined
  return db
    .selectFrom('one_time_tokens')
    .select([...tokenColumns, 'attempt_count'])
    .where('token_hash', '=', sha256(token))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now())
    .where(purposeRules[purpose].isBound)
    .executeTakeFirst()
}

/** The token, or the id of a token whose code was entered. */
export type TokenProof = string | { id: string }

export const isProvedBy =
  (proof: TokenProof) =>
  ({ eb }: ExpressionBuilder<Schema, 'one_time_tokens'>) =>
    typeof proof === 'string'
      ? eb('one_time_tokens.token_hash', '=', sha256(proof))
      : eb('one_time_tokens.id', '=', proof.id)

/** For the locks of the transaction that consumes the token. `recipient`: the canonical address of its mail. */
export const findTokenOwner = ({ db }: Deps, purpose: TokenPurpose, proof: TokenProof = '') =>
  db
    .selectFrom('one_time_tokens')
    .innerJoin('users', 'users.id', 'one_time_tokens.user_id')
    .select(['users.id', 'users.email', 'one_time_tokens.canonical_email as recipient'])
    .where(isProvedBy(proof))
    .where('purpose', '=', purpose)
    .executeTakeFirst()

/**
 * The only way to use a token. Belongs in the transaction of its effect: of parallel uses one gets the row, and all others
 * get undefined. The lock keeps the account unchanged until the commit.
 */
export async function consumeOneTimeToken(deps: Deps, purpose: TokenPurpose, proof: TokenProof = '') {
  if (typeof proof === 'string' && !isWellFormedToken(proof)) return undefined
  const consumed = await deps.db
    .deleteFrom('one_time_tokens')
    .where(isProvedBy(proof))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', deps.now())
    .where(purposeRules[purpose].isUsable)
    .returning(tokenColumns)
    .executeTakeFirst()
  if (consumed?.user_id) requireLock(deps, accountLock(consumed.user_id))
  return consumed
}

export const revokeOneTimeTokensOf = ({ db }: Deps, { id }: Pick<User, 'id'>, purposes: TokenPurpose[]) =>
  sendWrite(db, db.deleteFrom('one_time_tokens').where('user_id', '=', id).where('purpose', 'in', purposes))

/** All except those of one purpose. */
export async function revokeAllOneTimeTokensOf({ db }: Deps, { id }: Pick<User, 'id'>, except?: TokenPurpose) {
  const tokens = db.deleteFrom('one_time_tokens').where('user_id', '=', id)
  await sendWrite(db, except === undefined ? tokens : tokens.where('purpose', '!=', except))
}

const updateToken = ({ db }: Deps, purpose: TokenPurpose, token: string) =>
  db.updateTable('one_time_tokens').where('token_hash', '=', sha256(token)).where('purpose', '=', purpose)

/**
 * Counts an attempt to prove more than the mailbox, before the proof is checked. Returns the number so far, or undefined
 * after `max` attempts.
 */
export async function countTokenAttempt(deps: Deps, purpose: TokenPurpose, token: string, max: number) {
  const counted = await updateToken(deps, purpose, token)
    .set(({ eb }) => ({ attempt_count: eb('attempt_count', '+', 1) }))
    .where('attempt_count', '<', max)
    .returning('attempt_count')
    .executeTakeFirst()
  return counted?.attempt_count
}

/** For `reset-password`. Returns false if the token does not work any more. */
export async function recordResetStep(deps: Deps, token: string, second_step: ResetStep) {
  if (!isWellFormedToken(token)) return false
  const recorded = await updateToken(deps, 'reset-password', token)
    .set({ second_step, second_step_at: deps.now() })
    .where('expires_at', '>', deps.now())
    .where(purposeRules['reset-password'].isUsable)
    .returning('id')
    .executeTakeFirst()
  return recorded !== undefined
}

/** For an attempt that could not be checked. */
export const refundTokenAttempt = (deps: Deps, purpose: TokenPurpose, token: string) =>
  updateToken(deps, purpose, token)
    .set(({ eb }) => ({ attempt_count: eb('attempt_count', '-', 1) }))
    .execute()

/** For a mail that was not sent. */
export const revokeOneTimeTokens = async ({ db }: Deps, tokens: string[]) => {
  if (tokens.length > 0) await db.deleteFrom('one_time_tokens').where('token_hash', 'in', tokens.map(sha256)).execute()
}
