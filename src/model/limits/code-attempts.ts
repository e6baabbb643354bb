import type { Deps } from '@/deps/deps'
import { secondFactorLock, type Lock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import type { Client, RateLimited, User } from '@/model/types'
import { codesKeyOfDevice, findKnownDevice, forgetKnownDevices, KNOWN_DEVICE_LIFETIME } from './known-devices'
import { codesKeyOf, countAttempt, deleteFailures, type LoginAttempt } from './login-attempts'
import { consume, limitLocks, refund } from './rate-limits'

type Owner = Pick<User, 'id' | 'email'>

/** Codes are disabled for the account, except in known devices. Waiting does not help. */
export type CodesLocked = { kind: 'locked' }

/** Counts the attempt before the code is checked, so that parallel attempts cannot exceed the limit. */
export const startCodeAttempt = (
  deps: Deps,
  user: Owner,
  client: Client,
): Promise<LoginAttempt | CodesLocked | RateLimited> =>
  inTransaction(
    deps,
    async (deps) => {
      const lock = secondFactorLock(user.id)
      const device = await findKnownDevice(deps, canonicalEmail(user.email) ?? '', client.deviceToken)
      const onDevice = device && (await startOnKnownDevice(deps, device, lock))
      if (onDevice) return onDevice
      const hit = await consume(deps, 'second-step', client.source ?? '')
      if (hit.kind === 'rate-limited') return hit
      const attempt = await countAttempt(
        deps,
        { key_hash: codesKeyOf(user), lock },
        deps.config.limits.codes,
        'account',
      )
      if (attempt.kind === 'attempt') return { ...attempt, hitId: hit.id }
      deps.emit({ kind: 'rate-limited', by: attempt.by })
      await refund(deps, hit.id)
      return attempt.isLocked ? { kind: 'locked' } : attempt
    },
    {
      locks: [...limitLocks(deps, 'second-step', client.source ?? ''), secondFactorLock(user.id)],
      durable: false, // a power cut that undoes it gives an attacker a few more attempts
    },
  )

/** After too many wrong codes the device is no longer known, and the limits of unknown browsers apply. */
async function startOnKnownDevice(
  deps: Deps,
  device: { id: string },
  lock: Lock,
): Promise<LoginAttempt | RateLimited | undefined> {
  const key = { key_hash: codesKeyOfDevice(device), lockedUntil: deps.now() + KNOWN_DEVICE_LIFETIME, lock }
  const attempt = await countAttempt(deps, key, deps.config.limits.codesOnDevice, 'known-device')
  if (attempt.kind === 'attempt') return { ...attempt, locksAccount: false }
  if (!attempt.isLocked) {
    deps.emit({ kind: 'rate-limited', by: attempt.by })
    return attempt
  }
  await forgetKnownDevices(deps, [device])
}

/** Whether an attacker entered too many wrong codes. */
export async function areCodesLocked({ db, config }: Deps, user: Pick<User, 'id'>) {
  const failures = db.selectFrom('login_failures').select('count').where('key_hash', '=', codesKeyOf(user))
  const locked = failures.where('expires_at', 'is', null).where('count', '>=', config.limits.codes.max)
  return (await locked.executeTakeFirst()) !== undefined
}

/** For a proof of a second factor, a password from an admin, and a reset of the factors. */
export const unlockCodes = (deps: Deps, user: Pick<User, 'id'>) => deleteFailures(deps, [codesKeyOf(user)])
