import type { Deps } from '@/deps/deps'
import { accountLock, adminsLock, userLocks, type Lock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { hasPermission, type Permission } from '@/model/users/roles'
import type { Session, User } from '@/model/types'

/** What an action of an admin needs. `newEmail`: an address that it gives to the user. */
export const locksToChange = (user: Pick<User, 'id' | 'email'>, newEmail = user.email) => [
  ...userLocks(user),
  ...userLocks({ id: user.id, email: newEmail }),
]

/**
 * Checks again what the guard checked. Returns undefined and changes nothing if the user may no longer act. `locks`: what the
 * action needs besides the account lock of the acting user.
 */
export const withPermissionRecheck = <T>(
  deps: Deps,
  session: Pick<Session, 'id' | 'user_id'>,
  permission: Permission,
  action: (deps: Deps) => Promise<T>,
  locks: readonly Lock[] = [],
) =>
  inTransaction(
    deps,
    async (deps) => {
      const actor = await deps.db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .select(['role', 'deactivated_at', 'forced_at'])
        .where('sessions.id', '=', session.id)
        .where('ended_at', 'is', null)
        .executeTakeFirst()
      const isActive = actor !== undefined && (actor.deactivated_at === null || actor.forced_at !== null)
      return isActive && hasPermission(actor, permission) ? action(deps) : undefined
    },
    { locks: [...(permission === 'users:write' ? [adminsLock] : []), accountLock(session.user_id), ...locks] },
  )
