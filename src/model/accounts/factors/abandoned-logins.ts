import type { Deps } from '@/deps/deps'
import { browserName } from '@/lib/user-agent'
import type { PendingLogin } from '@/model/pending-logins/pending-logins'
import { recordEvent } from '@/model/security-events/security-events'

/**
 * A right password from an unknown browser without a second step: an attacker must not test a password unnoticed. Known
 * devices are the user's own, and a mailed code needs no password. Belongs in the transaction that deletes the row.
 */
export async function reportAbandoned(deps: Deps, row: PendingLogin) {
  if (row.is_known_device || row.first_factor !== 'password') return
  const event = { kind: 'second-step-abandoned', userId: row.user_id } as const
  await recordEvent(deps, event, await findPlace(deps, row))
}

/**
 * Where the password was entered, from the event that the same transaction recorded a moment after the row. By default, the
 * fingerprint of a client is its user agent.
 */
async function findPlace({ db }: Deps, { user_id, fingerprint, created_at }: PendingLogin) {
  const event = await db
    .selectFrom('security_events')
    .select(['browser', 'ip'])
    .where('user_id', '=', user_id)
    .where('kind', '=', 'second-step-required')
    .where('created_at', '>=', created_at)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!event) return {}
  return { ip: event.ip, ...(browserName(fingerprint) === event.browser ? { userAgent: fingerprint } : {}) }
}
