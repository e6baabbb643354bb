import type { Deps } from '@/deps/deps'
import type { Actor, PasswordChange } from '@/deps/events'
import { accountLock, emailLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'
import type { Client, Session, User } from '@/model/types'
import { canonicalEmail } from '@/lib/email-address'
import { revokeAllOneTimeTokensOf, revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import { unlockCodes } from '@/model/limits/code-attempts'
import { clearFailuresOf } from '@/model/limits/login-attempts'
import { forgetKnownDevicesOf } from '@/model/limits/known-devices'
import { keepPreviousHash } from '@/model/passwords/previous-hashes'
import { cancelFactorReset } from './factors/cancel-factor-reset'
import { cancelPendingChange } from './pending-changes'
import { revokeAccess } from './revoke-access'
import { isNewPlace } from '@/model/security-events/event-list'
import { recordEvent } from '@/model/security-events/security-events'

type ChangeOptions = { keepSession?: Session; client?: Client; how?: PasswordChange }

/**
 * Revokes all access except `keepSession`, and opens a secured account. Belongs in the transaction that rotates that session,
 * with `userLocks`. `user` must be as it is under them.
 */
export async function changePassword(
  deps: Deps,
  user: User,
  password_hash: string,
  by: Actor,
  { keepSession, client, how = by === user.id ? 'form' : 'command' }: ChangeOptions = {},
) {
  requireLock(deps, accountLock(user.id))
  await keepPreviousHash(deps, user)
  const password_version = user.password_version + 1
  const changed = { password_hash, password_changed_at: deps.now(), password_version, secured_at: null }
  const update = deps.db.updateTable('users').set(changed).where('id', '=', user.id)
  const { numUpdatedRows } = await update.where('password_version', '=', user.password_version).executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new Error('change of password failed: the user changed since it was read')
  await revokeAccess(deps, user, 'password', keepSession)
  await endWithPassword(deps, user, by, client)
  if (how !== 'reset') await unlockCodes(deps, user) // with two-step verification, the form asked for a second factor
  // The password ends those of other purposes, or they confirm an address.
  if (how === 'reset') await revokeAllOneTimeTokensOf(deps, user, 'secure-account')
  else await revokeOneTimeTokensOf(deps, user, ['reset-password', 'login-code'])
  // A reset often comes from a new place, and its mail reports it.
  const isSuspect = how === 'form' && client !== undefined && (await isNewPlace(deps, user.id, client))
  const reason = isSuspect ? ({ reason: 'new-place' } as const) : {}
  await recordEvent(deps, { kind: 'password-changed', userId: user.id, by, how, ...reason }, client)
}

/** Ends all that depends on the password besides sessions and mailed links. */
export async function endWithPassword(deps: Deps, user: User, by: Actor = user.id, client?: Client) {
  requireLock(deps, emailLock(canonicalEmail(user.email) ?? ''))
  await forgetKnownDevicesOf(deps, user)
  await clearFailuresOf(deps, user, canonicalEmail(user.email) ?? '')
  await cancelPendingChange(deps, user)
  await cancelFactorReset(deps, user, by, client)
}
