import type { UserColumn } from '@db/schema'
import type { User } from '@/model/types'

/** All columns of a `User`. */
export const userColumns = [
  'id',
  'email',
  'name',
  'role',
  'created_at',
  'password_changed_at',
  'password_version',
  'theft_alert_at',
] as const satisfies UserColumn[]

export type JoinedUserRow = { [C in UserColumn as `user_${C}`]: User[C] }

type JoinedColumn<C extends UserColumn> = C extends UserColumn ? `users.${C} as user_${C}` : never

/** Reads a user together with the row of another table, whose columns may have the same names. */
export const joinedUserColumns = userColumns.map(
  (column) => `users.${column} as user_${column}` as JoinedColumn<UserColumn>, // TypeScript widens the template to all pairs
)

const columnNames = userColumns.map((column) => [column, `user_${column}`] as const)

/** Separates the user from a row that was read with `joinedUserColumns`. */
export function toUser(row: JoinedUserRow): User {
  const user: { [C in UserColumn]?: unknown } = {}
  for (const [column, joined] of columnNames) user[column] = row[joined]
  return user as User // complete after the loop, which TypeScript does not see
}
