import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import type { User } from '@/model/types'

export const raiseTheftAlert = ({ db, now }: Deps, { id }: Pick<User, 'id'>) =>
  sendWrite(db, db.updateTable('users').set({ theft_alert_at: now() }).where('id', '=', id))

/** Only one of several parallel requests returns true, so the alert is shown once. */
export async function consumeTheftAlert({ db }: Deps, { id, theft_alert_at }: User) {
  if (theft_alert_at === null) return false
  const consumed = await db
    .updateTable('users')
    .set({ theft_alert_at: null })
    .where('id', '=', id)
    .where('theft_alert_at', '=', theft_alert_at)
    .returning('id')
    .executeTakeFirst()
  return consumed !== undefined
}
