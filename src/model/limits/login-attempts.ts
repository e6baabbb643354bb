import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import type { Client, RateLimited } from '@/model/types'
import { findKnownDevice, KNOWN_DEVICE_LIFETIME, forgetKnownDevice } from './known-devices'
import { refund, consume } from './rate-limits'

/** How long wrong passwords count when no more of them come. Those that shut the account count for ever. */
const FAILURE_RETENTION = days(30)
/** What a power cut undoes of it gives a few guesses back, and no more. */
const NOT_DURABLE = { durable: false }
const LOCKED_RETRY_AFTER = days(1) // what a program is told, where no waiting helps

type BackoffLimit = Deps['config']['limits']['account']
type FailureCount = { count: number; retry_at: number }

/** A guess at a password that may be made, counted as a wrong one until it turns out to be right. */
export type LoginAttempt = {
  kind: 'guess'
  key_hash: string
  /** Whether it shuts the account, if it is wrong. */
  locksAccount: boolean
  /** How it counts for its source; a browser that the account knows needs no such limit. */
  hitId?: string
}

/** How long after so many wrong ones in a row the next may come: nothing at first, then twice as long each time. */
const backoffAfter = (failures: number, { freeAttempts, firstDelay, maxDelay }: BackoffLimit) =>
  failures < freeAttempts ? 0 : Math.min(firstDelay * 2 ** (failures - freeAttempts), maxDelay)

/**
 * Counts a guess before anything is hashed, so that of two hundred at once no more get through than may; or says how long
 * to wait. It makes no difference whether the canonical address is anybody's.
 */
export const startAttempt = (deps: Deps, address: string, client: Client): Promise<LoginAttempt | RateLimited> =>
  inTransaction(
    deps,
    async (deps) => {
      const device = await findKnownDevice(deps, address, client.deviceToken)
      const own = device && (await startAttemptOnKnownDevice(deps, device))
      if (own) return own
      const taken = await consume(deps, 'login', client.source ?? '')
      if (taken.kind === 'rate-limited') return taken
      const guess = await countAttempt(deps, emailKey(address), deps.config.limits.account)
      if (guess.kind === 'guess') return { ...guess, hitId: taken.id }
      deps.emit({ kind: 'rate-limited', by: 'account' })
      await refund(deps, taken.id)
      return guess
    },
    NOT_DURABLE,
  )

/** Undefined in a browser that has used up its guesses: it is forgotten, and from now on a stranger. */
async function startAttemptOnKnownDevice(
  deps: Deps,
  device: { id: string },
): Promise<LoginAttempt | RateLimited | undefined> {
  const key_hash = sha256(`device ${device.id}`)
  const guess = await countAttempt(deps, key_hash, deps.config.limits.device, deps.now() + KNOWN_DEVICE_LIFETIME)
  if (guess.kind === 'guess') return { ...guess, locksAccount: false }
  if (!guess.isLocked) {
    deps.emit({ kind: 'rate-limited', by: 'known-device' })
    return guess
  }
  await forgetKnownDevice(deps, device)
  await deleteFailures(deps, key_hash)
}

/** `shutUntil` is when the last of its guesses is forgotten, where it has used up all: by default never. */
async function countAttempt(
  deps: Deps,
  key_hash: string,
  limit: BackoffLimit,
  shutUntil: number | null = null,
): Promise<LoginAttempt | RateLimited> {
  const at = deps.now()
  const before = await findFailures(deps, key_hash)
  if (before.count >= limit.max) return { kind: 'rate-limited', retryAfterMs: LOCKED_RETRY_AFTER, isLocked: true }
  if (before.retry_at > at) return { kind: 'rate-limited', retryAfterMs: before.retry_at - at }
  const count = before.count + 1
  const locksAccount = count >= limit.max
  const its = { count, retry_at: at + backoffAfter(count, limit) }
  await saveFailures(deps, key_hash, { ...its, expires_at: locksAccount ? shutUntil : at + FAILURE_RETENTION })
  return { kind: 'guess', key_hash, locksAccount }
}

const emailKey = (address: string) => sha256(`account ${address}`)

async function findFailures({ db, now }: Deps, key_hash: string): Promise<FailureCount> {
  const counted = db.selectFrom('login_failures').select(['count', 'retry_at']).where('key_hash', '=', key_hash)
  const lasting = counted.where((its) => its.or([its('expires_at', 'is', null), its('expires_at', '>', now())]))
  return (await lasting.executeTakeFirst()) ?? { count: 0, retry_at: 0 }
}

const saveFailures = ({ db }: Deps, key_hash: string, count: FailureCount & { expires_at: number | null }) =>
  db
    .insertInto('login_failures')
    .values({ key_hash, ...count })
    .onConflict((counted) => counted.column('key_hash').doUpdateSet(count))
    .execute()

const deleteFailures = ({ db }: Deps, key_hash: string) =>
  db.deleteFrom('login_failures').where('key_hash', '=', key_hash).execute()

/** It was right: the row of wrong ones is over, of this account and no other. */
export async function clearFailures(deps: Deps, { key_hash, hitId }: LoginAttempt) {
  await deleteFailures(deps, key_hash)
  if (hitId !== undefined) await refund(deps, hitId)
}

/** Nobody found out whether it was right: it does not count, and where it was the only one nothing is kept of it. */
export const cancelAttempt = (deps: Deps, { key_hash, hitId }: LoginAttempt) =>
  inTransaction(
    deps,
    async (deps) => {
      const only = deps.db.deleteFrom('login_failures').where('key_hash', '=', key_hash)
      await only.where('count', '<=', 1).execute()
      const its = { retry_at: deps.now(), expires_at: deps.now() + FAILURE_RETENTION }
      const counted = deps.db.updateTable('login_failures').where('key_hash', '=', key_hash)
      await counted.set(({ eb }) => ({ ...its, count: eb('count', '-', 1) })).execute()
      if (hitId !== undefined) await refund(deps, hitId)
    },
    NOT_DURABLE,
  )

/** There is a new password, or a new account: what was guessed before counts no more. */
export const clearFailuresOf = (deps: Deps, address: string) => deleteFailures(deps, emailKey(address))
