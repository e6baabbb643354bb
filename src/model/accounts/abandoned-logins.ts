import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { browserName } from '@/lib/user-agent'
import { isMailOn, notifyUser } from '@/model/mails/request-mail'
import type { PendingLogin } from '@/model/pending-logins/pending-logins'
import { recordEvent } from '@/model/security-events/security-events'
import { findUser } from '@/model/users/users'

const MAIL_INTERVAL = days(1)

/**
 * A right password from an unknown browser without a second step: an attacker must not test a password unnoticed. Known
 * devices are the user's own. Belongs in the transaction that deletes the row.
 */
export async function reportAbandoned(deps: Deps, row: PendingLogin) {
  if (row.is_known_device) return
  const place = await findPlace(deps, row)
  await recordEvent(deps, { kind: 'second-step-abandoned', userId: row.user_id }, place)
  if (!isMailOn(deps) || (await hasRecentMail(deps, row))) return
  const user = await findUser(deps, row.user_id)
  if (user) await notifyUser(deps, user, 'password-used', { client: place })
}

async function hasRecentMail({ db, now }: Deps, { user_id }: PendingLogin) {
  const recent = db
    .selectFrom('mails')
    .select('id')
    .where('user_id', '=', user_id)
    .where('kind', '=', 'password-used')
    .where('created_at', '>', now() - MAIL_INTERVAL)
  return (await recent.executeTakeFirst()) !== undefined
}

/** Where the password was entered, from the event of that moment. By default, the fingerprint of a client is its user agent. */
async function findPlace({ db }: Deps, { user_id, fingerprint, created_at }: PendingLogin) {
  const event = await db
    .selectFrom('security_events')
    .select(['browser', 'ip'])
    .where('user_id', '=', user_id)
    .where('kind', '=', 'second-step-required')
    .where('created_at', '=', created_at)
    .executeTakeFirst()
  if (!event) return {}
  return { ip: event.ip, ...(browserName(fingerprint) === event.browser ? { userAgent: fingerprint } : {}) }
}
