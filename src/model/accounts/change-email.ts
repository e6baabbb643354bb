import type { Deps } from '@/deps/deps'
import { accountLock, emailLock } from '@/deps/locks'
import { inTransaction, requireLock } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { canonicalEmail, parseEmail } from '@/lib/email-address'
import { base64url } from '@/lib/encoding'
import { clearFailuresOf } from '@/model/limits/login-attempts'
import { enqueueMail } from '@/model/mails/mails'
import { isMailOn } from '@/model/mails/request-mail'
import { revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import { deleteFailedLogins } from '@/model/security-events/failed-logins'
import { recordEvent } from '@/model/security-events/security-events'
import type { User } from '@/model/types'
import { userColumns } from '@/model/users/columns'
import { findReservation } from '@/model/users/reserved-emails'
import { cancelPendingChange } from './pending-changes'

export type Address = { email: string; canonical: string }

/** In an open transaction: whether another account has the address, or may still take it back. */
export async function isAddressTaken(deps: Deps, canonical: string, { id }: Pick<User, 'id'>) {
  const owner = deps.db.selectFrom('users').select('id').where('canonical_email', '=', canonical).where('id', '!=', id)
  if (await owner.executeTakeFirst()) return true
  const reservation = await findReservation(deps, canonical)
  return reservation !== undefined && reservation.user_id !== id
}

/** For a change that needs no proof of a mailbox. */
export const updateSpelling = ({ db }: Deps, { id }: Pick<User, 'id'>, email: string) =>
  db
    .updateTable('users')
    .set({ email })
    .where('id', '=', id)
    .where('canonical_email', '=', canonicalEmail(email) ?? '')
    .returning('id')
    .executeTakeFirst()

/** `changed_at` is null until the new address is confirmed. */
export async function insertChange(
  { db, now, random }: Deps,
  user: Pick<User, 'id' | 'email'> & { canonical_email: string },
  to: Address,
  changed_at: number | null = null,
) {
  const id = base64url(random(16))
  const change = {
    id,
    user_id: user.id,
    new_email: to.email,
    new_canonical_email: to.canonical,
    old_email: user.email,
    old_canonical_email: user.canonical_email,
    requested_at: now(),
    changed_at,
  }
  await db.insertInto('email_changes').values(change).execute()
  return id
}

/** The locks of both addresses keep the new one free since `isAddressTaken`, and the old one reserved. */
export async function replaceAddress(
  deps: Deps,
  { id, canonical_email }: Pick<User, 'id'> & { canonical_email: string },
  { email, canonical }: Address,
  email_verified_at: number | null,
) {
  for (const address of [canonical_email, canonical]) requireLock(deps, emailLock(address))
  const changed = await deps.db
    .updateTable('users')
    .set({
      email,
      canonical_email: canonical,
      email_verified_at,
      email_assigned_at: email_verified_at === null ? deps.now() : null,
      email_rejected_at: null,
      email_declined_at: null,
    })
    .where('id', '=', id)
    .where('canonical_email', '=', canonical_email)
    .returning(userColumns)
    .executeTakeFirst()
  if (!changed) return undefined
  // Wrong passwords for the new address were no attempts at this account. The old one may belong to another account soon.
  for (const address of [canonical_email, canonical]) await clearFailuresOf(deps, changed, address)
  await deleteFailedLogins(deps, canonical)
  // Their bindings hold the address. But the user may change back to it while they last.
  await revokeOneTimeTokensOf(deps, changed, ['reset-password', 'verify-email', 'change-email', 'login-code'])
  return changed
}

type OperatorChange = { kind: 'changed' } | { kind: 'invalid'; error: string }

/**
 * For an admin or the command line, also during a recovery hold. The new address is not confirmed, and the old one cannot undo
 * the change: it may be the address of an attacker.
 */
export async function changeEmailOf(
  deps: Deps,
  { id }: Pick<User, 'id'>,
  typed: string,
  by: Actor,
): Promise<OperatorChange> {
  const invalid = (error: string) => ({ kind: 'invalid', error }) as const
  const parsed = parseEmail(typed)
  if (parsed.kind === 'invalid') return parsed
  const before = await findAddress(deps, id)
  const change = async (deps: Deps): Promise<OperatorChange> => {
    const user = await findAddress(deps, id)
    if (!user) return invalid('This account no longer exists.')
    if (user.canonical_email !== before?.canonical_email) return invalid('The address was changed meanwhile.')
    if (parsed.email === user.email) return invalid('This is already the email address of the account.')
    if (parsed.canonical === user.canonical_email) await updateSpelling(deps, user, parsed.email)
    else {
      if (await isAddressTaken(deps, parsed.canonical, user)) return invalid('Another account has this address.')
      await cancelPendingChange(deps, user)
      if (!(await replaceAddress(deps, user, parsed, null))) return invalid('The address was changed meanwhile.')
      const emailChangeId = await insertChange(deps, user, parsed, deps.now())
      if (isMailOn(deps) && user.email_declined_at === null)
        await enqueueMail(deps, {
          kind: 'email-changed-old',
          recipient: user.canonical_email,
          user,
          emailChangeId,
        })
    }
    await recordEvent(deps, { kind: 'email-changed', userId: id, by })
    return { kind: 'changed' }
  }
  const addresses = [parsed.canonical, before?.canonical_email ?? []].flat()
  return inTransaction(deps, change, { locks: [...addresses.map(emailLock), accountLock(id)] })
}

const findAddress = ({ db }: Deps, id: string) =>
  db
    .selectFrom('users')
    .select(userColumns)
    .select(['canonical_email', 'email_declined_at'])
    .where('id', '=', id)
    .executeTakeFirst()
