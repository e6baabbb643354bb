import type { Deps } from '@/deps/deps'
import type { User } from '@/model/types'

/** A remember token was used twice. Whoever it was that came now: the user is told at the next page that they open. */
export const raiseTheftAlert = ({ db, now }: Deps, { id }: Pick<User, 'id'>) =>
  db.updateTable('users').set({ theft_alert_at: now() }).where('id', '=', id).execute()

/** Whether the user was not told yet. By this they are: of two pages at once, one says it. */
export async function consumeTheftAlert({ db }: Deps, { id, theft_alert_at }: User) {
  if (theft_alert_at === null) return false
  const told = db
    .updateTable('users')
    .set({ theft_alert_at: null })
    .where('id', '=', id)
    .where('theft_alert_at', '=', theft_alert_at)
  return (await told.returning('id').executeTakeFirst()) !== undefined
}
