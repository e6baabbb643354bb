import type { Role, Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { accountLock, adminsLock } from '@/deps/locks'
import { inTransaction, requireLock } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { recordEvent } from '@/model/security-events/security-events'
import type { User } from '@/model/types'

export type { Role }

/** For API tokens. Every role has these permissions for its own account. */
export const scopes = ['profile:read', 'profile:write'] as const
export const roles = ['user', 'support', 'admin'] as const satisfies readonly Role[]

export type Scope = (typeof scopes)[number]
export type Permission = Scope | 'users:read' | 'users:write' | 'mail:read' | 'mail:write'

// A Map, so that an unknown role in the database (also `constructor`) has no permissions.
const permissions = new Map<string, readonly Permission[]>([
  ['user', scopes],
  ['support', [...scopes, 'users:read', 'mail:read']],
  ['admin', [...scopes, 'users:read', 'users:write', 'mail:read', 'mail:write']],
] satisfies [Role, readonly Permission[]][])

export const hasPermission = ({ role }: Pick<User, 'role'>, permission: Permission) =>
  permissions.get(role)?.includes(permission) ?? false

export const findRole = (text: string) => roles.find((role) => role === text)

/** Returns false and changes nothing if no active admin would be left. The next request rotates the session token. */
export const changeRole = (deps: Deps, { id }: Pick<User, 'id'>, role: Role, by: Actor) =>
  inTransaction(deps, (deps) => change(deps, id, role, by), { locks: [adminsLock, accountLock(id)] })

async function change(deps: Deps, id: string, role: Role, by: Actor) {
  const { role: from } = await deps.db.selectFrom('users').select('role').where('id', '=', id).executeTakeFirstOrThrow()
  if (from === role) return true
  const changed = deps.db.updateTable('users').set({ role }).where('id', '=', id).where(unlessLastAdmin(deps, id))
  if (!(await changed.returning('id').executeTakeFirst())) return false
  await deps.db
    .updateTable('sessions')
    .set({ rotation_due_at: deps.now() })
    .where('user_id', '=', id)
    .where('ended_at', 'is', null)
    .execute()
  await deps.db.deleteFrom('pending_logins').where('user_id', '=', id).execute() // the policy may differ by role
  await recordEvent(deps, { kind: 'role-changed', userId: id, from, to: role, by })
  return true
}

/** A condition for `where`. The transaction holds the admins lock, or two admins could deactivate each other. */
export function unlessLastAdmin(deps: Deps, id: string) {
  requireLock(deps, adminsLock)
  return (users: ExpressionBuilder<Schema, 'users'>) =>
    users.or([
      users('users.role', '!=', 'admin'),
      users('users.deactivated_at', 'is not', null),
      users('users.deletion_at', 'is not', null),
      users.exists(
        users
          .selectFrom('users as others')
          .select('others.id')
          .where('others.id', '!=', id)
          .where('others.role', '=', 'admin')
          .where('others.deactivated_at', 'is', null)
          .where('others.deletion_at', 'is', null),
      ),
    ])
}
