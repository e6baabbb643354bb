import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { hasPermission, type Permission } from '@/model/users/roles'
import type { Session } from '@/model/types'

/**
 * Does something in a transaction that looks once more at who asks: since their guard let them in, they may have been
 * logged out, demoted or deactivated, and nobody who was stopped leaves a token or an admin behind. Undefined, and nothing
 * happened, where they were.
 */
export const withPermissionRecheck = <T>(
  deps: Deps,
  session: Pick<Session, 'id'>,
  permission: Permission,
  act: (deps: Deps) => Promise<T>,
) =>
  inTransaction(deps, async (deps) => {
    const asker = await deps.db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select(['role', 'deactivated_at', 'forced_at'])
      .where('sessions.id', '=', session.id)
      .where('ended_at', 'is', null)
      .executeTakeFirst()
    const isOpen = asker !== undefined && (asker.deactivated_at === null || asker.forced_at !== null)
    return isOpen && hasPermission(asker, permission) ? act(deps) : undefined
  })
