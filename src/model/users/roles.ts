import type { Role, Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { recordEvent } from '@/model/security-events/security-events'
import type { User } from '@/model/types'

export type { Role }

/** What an API token can be allowed; also what everybody may do with their own account. */
export const scopes = ['profile:read', 'profile:write'] as const
export const roles = ['user', 'support', 'admin'] as const satisfies readonly Role[]

export type Scope = (typeof scopes)[number]
export type Permission = Scope | 'users:read' | 'users:write'

// By name and not by key: whatever role a hand wrote into the database, one that is not here may nothing.
const permissions = new Map<string, readonly Permission[]>([
  ['user', scopes],
  ['support', [...scopes, 'users:read']],
  ['admin', [...scopes, 'users:read', 'users:write']],
] satisfies [Role, readonly Permission[]][])

/** Whether this user's role holds the permission. */
export const hasPermission = ({ role }: Pick<User, 'role'>, permission: Permission) =>
  permissions.get(role)?.includes(permission) ?? false

/** Which role a text names, or undefined. */
export const findRole = (text: string) => roles.find((role) => role === text)

/**
 * Gives the user another role; it counts from their next request, which gets a new session token. False, and nothing
 * happened, where no active admin would be left.
 */
export const changeRole = (deps: Deps, { id }: Pick<User, 'id'>, role: Role, by: Actor) =>
  inTransaction(deps, async (deps) => {
    const { role: from } = await deps.db
      .selectFrom('users')
      .select('role')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    if (from === role) return true
    const changed = deps.db.updateTable('users').set({ role }).where('id', '=', id).where(unlessLastAdmin(id))
    if (!(await changed.returning('id').executeTakeFirst())) return false
    const due = deps.db.updateTable('sessions').set({ rotation_due_at: deps.now() }).where('user_id', '=', id)
    await due.where('ended_at', 'is', null).execute()
    await recordEvent(deps, { kind: 'role-changed', userId: id, from, to: role, by })
    return true
  })

/**
 * For the `where` of what takes an admin's power: not from the last active one. SQLite writes one transaction after the
 * other, so of two admins who remove each other one stays (where many write at once, the admins' rows must be locked).
 */
export const unlessLastAdmin = (id: string) => (users: ExpressionBuilder<Schema, 'users'>) =>
  users.or([
    users('users.role', '!=', 'admin'),
    users('users.deactivated_at', 'is not', null),
    users.exists(
      users
        .selectFrom('users as others')
        .select('others.id')
        .where('others.id', '!=', id)
        .where('others.role', '=', 'admin')
        .where('others.deactivated_at', 'is', null),
    ),
  ])
