import type { Deps } from '@/deps/deps'
import { accountLock, adminsLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { unlessLastAdmin } from '@/model/users/roles'
import { recordEvent } from '@/model/security-events/security-events'
import { revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import { cancelFactorReset } from './factors/cancel-factor-reset'
import { cancelPendingChange } from './pending-changes'
import { revokeAccess } from './revoke-access'
import type { User } from '@/model/types'

/** Returns false and changes nothing if no active admin would be left. */
export const deactivateUser = (deps: Deps, { id }: Pick<User, 'id'>, by: Actor) =>
  inTransaction(
    deps,
    async (deps) => {
      const deactivated = await deps.db
        .updateTable('users')
        .set({ deactivated_at: deps.now() })
        .where('id', '=', id)
        .where('deactivated_at', 'is', null)
        .where(unlessLastAdmin(deps, id))
        .returning('id')
        .executeTakeFirst()
      if (!deactivated && !(await isDeactivated(deps, { id }))) return false
      await cancelPendingChange(deps, { id })
      await cancelFactorReset(deps, { id }, by)
      await revokeOneTimeTokensOf(deps, { id }, ['verify-email', 'login-code'])
      await revokeAccess(deps, { id }, 'deactivated') // again, for sessions that were forced since the first time
      if (deactivated) await recordEvent(deps, { kind: 'user-deactivated', userId: id, by })
      return true
    },
    { locks: [adminsLock, accountLock(id)] },
  )

export async function isDeactivated({ db }: Deps, { id }: Pick<User, 'id'>) {
  const user = db.selectFrom('users').select('id').where('id', '=', id).where('deactivated_at', 'is not', null)
  return (await user.executeTakeFirst()) !== undefined
}

/** Revokes access again, in case an operator set `deactivated_at` in the database and left sessions active. */
export const activateUser = (deps: Deps, { id }: Pick<User, 'id'>, by: Actor) =>
  inTransaction(
    deps,
    async (deps) => {
      const activated = await deps.db
        .updateTable('users')
        .set({ deactivated_at: null })
        .where('id', '=', id)
        .where('deactivated_at', 'is not', null)
        .returning('id')
        .executeTakeFirst()
      if (!activated) return
      await revokeAccess(deps, { id }, 'deactivated')
      await recordEvent(deps, { kind: 'user-activated', userId: id, by })
    },
    { locks: [accountLock(id)] },
  )
