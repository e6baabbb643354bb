import type { ExpressionBuilder, Selectable } from 'kysely'
import type { Schema } from '@db/schema'
import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import { sha256 } from '@/lib/encoding'
import { minutes } from '@/lib/duration'
import { createToken, isWellFormedToken } from '@/lib/random-token'
import type { FirstFactor } from '@/model/factors/assurance'
import { findKnownDevice } from '@/model/limits/known-devices'
import type { Client, RateLimited, User } from '@/model/types'

export const PENDING_LOGIN_LIFETIME = minutes(5)
const MAX_FAILURES = 5

export type PendingLogin = Selectable<Schema['pending_logins']>

const columns = [
  'token_hash',
  'user_id',
  'password_version',
  'factors_version',
  'first_factor',
  'remember',
  'lifetime',
  'is_forced',
  'keeps_account',
  'fingerprint',
  'follows_session_id',
  'login_hit_id',
  'is_known_device',
  'failure_count',
  'created_at',
  'expires_at',
] as const satisfies (keyof PendingLogin)[]

export type PendingLoginStart = {
  firstFactor: Exclude<FirstFactor, 'passkey'>
  remember: boolean
  /** In milliseconds, for `remember`. */
  lifetime?: number
  isForced: boolean
  /** The account is scheduled for deletion, and the completed login keeps it. */
  keepsAccount?: boolean
  /** The session that this login continues after a re-login. */
  followsSessionId?: string
  /** The hit of the limit `login` of this right password. The completed login refunds it. */
  loginHitId?: string
}

/** `displaced`: the row of an unknown browser that gave way to one of a known device. */
type Created = { kind: 'created'; token: string; displaced?: PendingLogin }

/**
 * An attacker who knows the password must not fill the table, nor push out the user. At the maximum, unknown browsers wait,
 * and a known device replaces the oldest row of an unknown browser. Belongs in a transaction with the account lock.
 */
export async function createPendingLogin(
  deps: Deps,
  user: User,
  client: Client,
  start: PendingLoginStart,
): Promise<Created | RateLimited> {
  requireLock(deps, accountLock(user.id))
  const device = await findKnownDevice(deps, canonicalEmail(user.email) ?? '', client.deviceToken)
  const room = await makeRoom(deps, user, device !== undefined)
  if (room?.kind === 'rate-limited') return room
  const { token, token_hash } = createToken(deps)
  const created_at = deps.now()
  await deps.db
    .insertInto('pending_logins')
    .values({
      token_hash,
      user_id: user.id,
      password_version: user.password_version,
      factors_version: user.factors_version,
      first_factor: start.firstFactor,
      remember: Number(start.remember),
      lifetime: start.lifetime ?? null,
      is_forced: Number(start.isForced),
      keeps_account: Number(start.keepsAccount ?? false),
      fingerprint: client.fingerprint,
      follows_session_id: start.followsSessionId ?? null,
      login_hit_id: start.loginHitId ?? null,
      is_known_device: Number(device !== undefined),
      created_at,
      expires_at: created_at + PENDING_LOGIN_LIFETIME,
    })
    .execute()
  return { kind: 'created', token, displaced: room?.displaced }
}

async function makeRoom(
  deps: Deps,
  { id }: Pick<User, 'id'>,
  isKnownDevice: boolean,
): Promise<RateLimited | { kind: 'displaced'; displaced?: PendingLogin } | undefined> {
  const { db, now, config } = deps
  const live = db.selectFrom('pending_logins').where('user_id', '=', id).where('expires_at', '>', now())
  const oldestFirst = live.orderBy('created_at').orderBy('token_hash')
  const rows = await oldestFirst.select(['token_hash', 'expires_at', 'is_known_device']).execute()
  const [oldest] = rows
  if (!oldest || rows.length < config.rowCaps.perUser.pendingLogins) return undefined
  const unknown = rows.find(({ is_known_device }) => is_known_device === 0)
  if (!isKnownDevice || !unknown)
    return { kind: 'rate-limited', retryAfterMs: oldest.expires_at - now(), by: 'account' }
  const displaced = db.deleteFrom('pending_logins').where('token_hash', '=', unknown.token_hash).returning(columns)
  return { kind: 'displaced', displaced: await displaced.executeTakeFirst() }
}

/** For the event of a wrong code. */
export const placeOf = ({ first_factor }: Pick<PendingLogin, 'first_factor'>) =>
  first_factor === 'email-code' ? 'email-login' : 'login'

type Rows = ExpressionBuilder<Schema, 'pending_logins'>

/** The account is as it was when the first factor was verified. */
const isBound =
  (now: number) =>
  ({ exists, selectFrom }: Rows) =>
    exists(
      selectFrom('users')
        .select('users.id')
        .whereRef('users.id', '=', 'pending_logins.user_id')
        .whereRef('users.password_version', '=', 'pending_logins.password_version')
        .whereRef('users.factors_version', '=', 'pending_logins.factors_version')
        .where('users.secured_at', 'is', null)
        .where(({ or, and, eb }) =>
          or([
            and([eb('pending_logins.keeps_account', '=', 0), eb('users.deletion_at', 'is', null)]),
            and([eb('pending_logins.keeps_account', '=', 1), eb('users.deletion_at', '>', now)]),
          ]),
        )
        .where(({ or, eb }) => or([eb('users.deactivated_at', 'is', null), eb('pending_logins.is_forced', '=', 1)])),
    )

/** Undefined if there is none, if it has expired, or if the account changed. */
export async function findPendingLogin({ db, now }: Deps, token: string | undefined) {
  if (token === undefined || !isWellFormedToken(token)) return undefined
  return db
    .selectFrom('pending_logins')
    .select(columns)
    .where('token_hash', '=', sha256(token))
    .where('expires_at', '>', now())
    .where(isBound(now()))
    .executeTakeFirst()
}

/**
 * Takes the row, so that of parallel requests one starts a session. Belongs in the transaction that starts it. The lock keeps
 * the account unchanged until the commit.
 */
export async function consumePendingLogin(deps: Deps, token: string) {
  const consumed = await deps.db
    .deleteFrom('pending_logins')
    .where('token_hash', '=', sha256(token))
    .where('expires_at', '>', deps.now())
    .where(isBound(deps.now()))
    .returning(columns)
    .executeTakeFirst()
  if (consumed) requireLock(deps, accountLock(consumed.user_id))
  return consumed
}

/**
 * Counts an attempt as a failure before it is checked, so that of parallel attempts five are checked. Undefined if five were
 * counted before.
 */
export async function countFailure({ db, now }: Deps, token: string) {
  const counted = await db
    .updateTable('pending_logins')
    .set(({ eb }) => ({ failure_count: eb('failure_count', '+', 1) }))
    .where('token_hash', '=', sha256(token))
    .where('failure_count', '<', MAX_FAILURES)
    .where('expires_at', '>', now())
    .returning('failure_count')
    .executeTakeFirst()
  return counted && { isLast: counted.failure_count >= MAX_FAILURES }
}

/** For an attempt that was not checked. */
export const uncountFailure = ({ db }: Deps, token: string) =>
  db
    .updateTable('pending_logins')
    .set(({ eb }) => ({ failure_count: eb('failure_count', '-', 1) }))
    .where('token_hash', '=', sha256(token))
    .execute()

/** The id of the user who began the login with this token, for the account lock. */
export async function findPendingOwner({ db }: Deps, token: string | undefined) {
  if (token === undefined || !isWellFormedToken(token)) return undefined
  const row = db.selectFrom('pending_logins').select('user_id').where('token_hash', '=', sha256(token))
  return (await row.executeTakeFirst())?.user_id
}

/** Returns the deleted row. */
export const deletePendingLogin = async ({ db }: Deps, token: string) =>
  isWellFormedToken(token)
    ? db.deleteFrom('pending_logins').where('token_hash', '=', sha256(token)).returning(columns).executeTakeFirst()
    : undefined

/** After a change of the account. A login that was waiting must begin again. */
export const deletePendingLoginsOf = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  sendWrite(db, db.deleteFrom('pending_logins').where('user_id', '=', id))

/** The users of at most `max` expired rows. */
export async function listUsersOfExpired({ db, now }: Deps, max: number) {
  const expired = db.selectFrom('pending_logins').select('user_id').distinct().where('expires_at', '<=', now())
  const users = expired.orderBy('user_id') // distinct
  return (await users.limit(max).execute()).map(({ user_id }) => user_id)
}

/** Deletes the expired rows of a user and returns them. */
export const takeExpired = ({ db, now }: Deps, userId: string) =>
  db
    .deleteFrom('pending_logins')
    .where('user_id', '=', userId)
    .where('expires_at', '<=', now())
    .returning(columns)
    .execute()
