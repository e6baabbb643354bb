import type { Deps } from '@/deps/deps'
import type { Actor } from '@/deps/events'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { deleteFactorReset } from '@/model/factor-resets/factor-resets'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, User } from '@/model/types'

/**
 * For every use of a second factor, a new password, and what else ends a reset. Harmless without one. Belongs in the
 * transaction of its reason.
 */
export function cancelFactorReset(deps: Deps, { id }: Pick<User, 'id'>, by: Actor, client?: Client) {
  const cancel = async (deps: Deps) => {
    if (!(await deleteFactorReset(deps, { id }))) return false
    await recordEvent(deps, { kind: 'factor-reset-cancelled', userId: id, by }, client)
    return true
  }
  return inTransaction(deps, cancel, { locks: [accountLock(id)] })
}
