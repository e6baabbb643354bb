import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'

/**
 * For the `where` of what takes an admin's power: not from the last active one. SQLite writes one transaction after the
 * other, so of two admins who remove each other one stays (where many write at once, the admins' rows must be locked).
 */
export const spareLastAdmin = (id: string) => (users: ExpressionBuilder<Schema, 'users'>) =>
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
