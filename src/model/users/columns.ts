import { ownUserColumns, type UserColumn } from '@db/schema'
import type { User } from '@/model/types'

export const userColumns = [
  ...ownUserColumns,
  'id',
  'email',
  'name',
  'role',
  'created_at',
  'password_changed_at',
  'password_version',
  'theft_alert_at',
  'email_verified_at',
  'email_assigned_at',
  'two_step_enabled_at',
  'factors_version',
] as const satisfies UserColumn[]

export type JoinedUserRow = { [C in UserColumn as `user_${C}`]: User[C] }

type JoinedColumn<C extends UserColumn> = C extends UserColumn ? `users.${C} as user_${C}` : never

export const joinedUserColumns = userColumns.map(
  (column) => `users.${column} as user_${column}` as JoinedColumn<UserColumn>, // TypeScript infers every pair of columns
)

const columnNames = userColumns.map((column) => [column, `user_${column}`] as const)

export function toUser(row: JoinedUserRow): User {
  const user: { [C in UserColumn]?: unknown } = {}
  for (const [column, joined] of columnNames) user[column] = row[joined]
  return user as User // the loop sets all columns, which TypeScript cannot infer
}
