import type { Deps } from '@/deps/deps'
import type { User } from '@/model/types'

/** A remember token was used twice. Whoever it was that came now: the user is told at the next page that they open. */
export const startAlarm = ({ db, now }: Deps, { id }: Pick<User, 'id'>) =>
  db.updateTable('users').set({ theft_at: now() }).where('id', '=', id).execute()

/** Whether the user was not told yet. By this they are: of two pages at once, one says it. */
export async function takeAlarm({ db }: Deps, { id, theft_at }: User) {
  if (theft_at === null) return false
  const told = db.updateTable('users').set({ theft_at: null }).where('id', '=', id).where('theft_at', '=', theft_at)
  return (await told.returning('id').executeTakeFirst()) !== undefined
}
