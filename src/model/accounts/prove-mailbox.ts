import type { Deps } from '@/deps/deps'
import { deletePreviousHashes } from '@/model/passwords/previous-hashes'
import { recordEvent } from '@/model/security-events/security-events'
import type { User } from '@/model/types'
import { deleteEmailChanges } from '@/model/users/email-changes'
import { deleteFactors, hasFactors } from './factors/reset-factors'

/**
 * Whether another person may have signed up with the address: the account has no sign that its user owns the mailbox. Where
 * addresses are never confirmed, the lack of a confirmation says nothing.
 */
export const isAddressUnproved = (
  { config }: Pick<Deps, 'config'>,
  { email_verified_at, email_assigned_at }: Pick<User, 'email_verified_at' | 'email_assigned_at'>,
) => config.emailVerification !== 'off' && email_verified_at === null && email_assigned_at === null

/**
 * For a user who proved the mailbox and chose the password, or logs in with a code from it. Before the first proof, an
 * attacker may have signed up with the address of another person. So nothing stays that a former owner set up. Belongs in the transaction that ends the access of that owner.
 */
export async function proveMailbox(deps: Deps, user: Pick<User, 'id' | 'email_verified_at' | 'email_assigned_at'>) {
  const { db, now } = deps
  const proved = await db
    .updateTable('users')
    .set({ email_verified_at: now(), new_device_muted_at: null })
    .where('id', '=', user.id)
    .where('email_verified_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  await db.updateTable('users').set({ email_declined_at: null }).where('id', '=', user.id).execute()
  if (!proved) return
  await deleteEmailChanges(deps, user)
  await deletePreviousHashes(deps, user)
  if (isAddressUnproved(deps, user) && (await hasFactors(deps, user))) {
    await deleteFactors(deps, user)
    await recordEvent(deps, { kind: 'factors-reset', userId: user.id, by: user.id })
  }
}
