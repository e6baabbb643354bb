import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { emailLock, type Lock } from '@/deps/locks'
import { inTransaction, requireLock } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import { sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import type { Client, RateLimited, User } from '@/model/types'
import {
  deviceKey,
  findKnownDevice,
  forgetKnownDevices,
  KNOWN_DEVICE_LIFETIME,
  listKnownDevicesOf,
} from './known-devices'
import { consume, limitLocks, refund } from './rate-limits'

/** A locked account has no expiry; see the retention job. */
const FAILURE_RETENTION = days(30)
const LOCKED_RETRY_AFTER = days(1) // for programs; waiting does not unlock the account
type BackoffLimit = Deps['config']['limits']['account']
type CountedBy = 'account' | 'known-device'
type FailureCount = { count: number; retry_at: number }

/** The attempt counts as a failure until the password is verified. */
export type LoginAttempt = {
  kind: 'attempt'
  key_hash: string
  /** For the row with this key. */
  lock: Lock
  /** Failures in a row, with this one. */
  count: number
  locksAccount: boolean
  hitId?: string
}

const backoffAfter = (failures: number, { freeAttempts, firstDelay, maxDelay }: BackoffLimit) =>
  failures < freeAttempts ? 0 : Math.min(firstDelay * 2 ** (failures - freeAttempts), maxDelay)

/** Counts the attempt before the password is hashed, so that parallel attempts cannot exceed the limit. */
export const startAttempt = (deps: Deps, canonicalEmail: string, client: Client): Promise<LoginAttempt | RateLimited> =>
  inTransaction(
    deps,
    async (deps) => {
      const device = await findKnownDevice(deps, canonicalEmail, client.deviceToken)
      const onDevice = device && (await startAttemptOnKnownDevice(deps, device, emailLock(canonicalEmail)))
      if (onDevice) return onDevice
      const hit = await consume(deps, 'login', client.source ?? '')
      if (hit.kind === 'rate-limited') return hit
      const key = { key_hash: emailKey(canonicalEmail), canonicalEmail, lock: emailLock(canonicalEmail) }
      const attempt = await countAttempt(deps, key, deps.config.limits.account, 'account')
      if (attempt.kind === 'attempt') return { ...attempt, hitId: hit.id }
      deps.emit({ kind: 'rate-limited', by: attempt.by })
      await refund(deps, hit.id)
      return attempt
    },
    {
      locks: [...limitLocks(deps, 'login', client.source ?? ''), emailLock(canonicalEmail)],
      durable: false, // a power cut that undoes it gives an attacker a few more attempts
    },
  )

/** After too many failures the device is no longer known. The caller then applies the limits of unknown browsers. */
async function startAttemptOnKnownDevice(
  deps: Deps,
  device: { id: string },
  lock: Lock,
): Promise<LoginAttempt | RateLimited | undefined> {
  const key = { key_hash: deviceKey(device), lockedUntil: deps.now() + KNOWN_DEVICE_LIFETIME, lock }
  const attempt = await countAttempt(deps, key, deps.config.limits.device, 'known-device')
  if (attempt.kind === 'attempt') return { ...attempt, locksAccount: false }
  if (!attempt.isLocked) {
    deps.emit({ kind: 'rate-limited', by: attempt.by })
    return attempt
  }
  await forgetKnownDevices(deps, [device])
}

type FailureKey = Pick<LoginAttempt, 'key_hash' | 'lock'> & { canonicalEmail?: string; lockedUntil?: number | null }

/** The row of a locked key expires at `lockedUntil`; for `null`, when the retention job ends the lockout. */
export async function countAttempt(
  deps: Deps,
  { key_hash, lock, canonicalEmail = '', lockedUntil = null }: FailureKey,
  limit: BackoffLimit,
  by: CountedBy,
): Promise<LoginAttempt | RateLimited> {
  requireLock(deps, lock)
  const at = deps.now()
  const failures = await findFailures(deps, key_hash)
  if (failures.count >= limit.max) return { kind: 'rate-limited', retryAfterMs: LOCKED_RETRY_AFTER, by, isLocked: true }
  if (failures.retry_at > at) return { kind: 'rate-limited', retryAfterMs: failures.retry_at - at, by }
  const count = failures.count + 1
  const locksAccount = count >= limit.max
  await saveFailures(deps, key_hash, canonicalEmail, {
    count,
    retry_at: at + backoffAfter(count, limit),
    expires_at: locksAccount ? lockedUntil : at + FAILURE_RETENTION,
  })
  return { kind: 'attempt', key_hash, lock, count, locksAccount }
}

/** The key of wrong codes in unknown browsers. Every form that takes a code counts with it. */
export const codesKeyOf = ({ id }: Pick<User, 'id'>) => sha256(`second-factor ${id}`)

const emailKey = (canonicalEmail: string) => sha256(`account ${canonicalEmail}`)

async function findFailures({ db, now }: Deps, key_hash: string): Promise<FailureCount> {
  const failures = await db
    .selectFrom('login_failures')
    .select(['count', 'retry_at'])
    .where('key_hash', '=', key_hash)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now())]))
    .executeTakeFirst()
  return failures ?? { count: 0, retry_at: 0 }
}

type SavedFailures = FailureCount & { expires_at: number | null }

/** The statement is the same with and without an account, so that time reveals none. */
const saveFailures = ({ db }: Deps, key_hash: string, canonicalEmail: string, failures: SavedFailures) =>
  sendWrite(
    db,
    db
      .insertInto('login_failures')
      .values(({ selectFrom }) => ({
        key_hash,
        user_id: selectFrom('users').select('id').where('canonical_email', '=', canonicalEmail),
        ...failures,
      }))
      .onConflict((conflict) =>
        conflict.column('key_hash').doUpdateSet(({ ref }) => ({ user_id: ref('excluded.user_id'), ...failures })),
      ),
  )

/** The ids of all locked users, as a subquery. */
export const lockedUserIds = ({ db, config }: Deps) =>
  db
    .selectFrom('login_failures')
    .select('user_id')
    .where('user_id', 'is not', null)
    .where('expires_at', 'is', null)
    .where('count', '>=', config.limits.account.max)
    .$narrowType<{ user_id: string }>()

const withKeys = ({ db }: Deps, key_hashes: string[]) =>
  db.deleteFrom('login_failures').where('key_hash', 'in', key_hashes)

/** Returns whether there were any. */
export async function deleteFailures(deps: Deps, key_hashes: string[]) {
  const deleted = await withKeys(deps, key_hashes).executeTakeFirst()
  return deleted.numDeletedRows > 0
}

/** For a right password. Belongs in a transaction with the lock of the attempt: a parallel one could restore the count. */
export async function clearFailures(deps: Deps, { key_hash, lock, hitId }: LoginAttempt) {
  requireLock(deps, lock)
  await sendWrite(deps.db, withKeys(deps, [key_hash]))
  if (hitId !== undefined) await refund(deps, hitId)
}

/**
 * With two-step verification, the right password alone clears nothing: only the whole login does. Belongs in its transaction,
 * before the device gets a new token.
 */
export async function clearFailuresOfLogin(deps: Deps, email: string, client: Client, hitId?: string) {
  const canonical = canonicalEmail(email) ?? ''
  const device = await findKnownDevice(deps, canonical, client.deviceToken)
  await sendWrite(deps.db, withKeys(deps, [device ? deviceKey(device) : emailKey(canonical)]))
  if (hitId !== undefined) await refund(deps, hitId)
}

/** The attempt was right or did not happen. Its hit is refunded, unless a login that is not complete keeps it. */
export const cancelAttempt = (
  deps: Deps,
  { key_hash, lock, hitId }: Pick<LoginAttempt, 'key_hash' | 'lock' | 'hitId'>,
) =>
  inTransaction(
    deps,
    async (deps) => {
      const { db, now } = deps
      await sendWrite(db, db.deleteFrom('login_failures').where('key_hash', '=', key_hash).where('count', '<=', 1))
      await sendWrite(
        db,
        db
          .updateTable('login_failures')
          .set(({ eb }) => ({
            count: eb('count', '-', 1),
            retry_at: now(),
            expires_at: now() + FAILURE_RETENTION,
          }))
          .where('key_hash', '=', key_hash),
      )
      if (hitId !== undefined) await refund(deps, hitId)
    },
    { locks: [lock], durable: false },
  )

/** For an account that is deleted. Its known devices are deleted with their failures. */
export const deleteAttemptsOf = ({ db }: Deps, { id }: Pick<User, 'id'>, canonicalEmail: string) =>
  db
    .deleteFrom('login_failures')
    .where(({ or, eb }) =>
      or([eb('user_id', '=', id), eb('key_hash', 'in', [emailKey(canonicalEmail), codesKeyOf({ id })])]),
    )
    .execute()

/** For the account and its known devices. Returns whether there were any. */
export async function clearFailuresOf(deps: Deps, user: Pick<User, 'id'>, canonicalEmail: string) {
  const devices = await listKnownDevicesOf(deps, user)
  return deleteFailures(deps, [emailKey(canonicalEmail), ...devices.map(deviceKey)])
}
