import type { Deps } from '@/deps/deps'
import { emailLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'

/**
 * The account whose previous address this is, while the change can still be undone. No other account may take the address.
 * The transaction has the lock of the address, and so has each change of it: else a sign-up could get the address that another
 * account is leaving.
 */
export function findReservation(deps: Deps, canonicalEmail: string) {
  requireLock(deps, emailLock(canonicalEmail))
  return deps.db
    .selectFrom('email_changes')
    .select(['id', 'user_id', 'changed_at', 'undo_expires_at'])
    .where('old_canonical_email', '=', canonicalEmail)
    .where('changed_at', 'is not', null)
    .where('undone_at', 'is', null)
    .where('undo_expires_at', '>', deps.now())
    .orderBy('undo_expires_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}
