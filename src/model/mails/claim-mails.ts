import { isPostgres } from '@db/engine/engine'
import type { MailKind } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import { preparedRead } from '@db/prepared-read'
import type { Kysely } from 'kysely'
import type { Deps } from '@/deps/deps'
import type { MailDetails } from './mail-data'
import { LEASE_DURATION, isUnleased, isWaiting, type Row } from './mail-conditions'

/** A mail that this process sends. No other process gets it until the lease expires. */
export type ClaimedMail = {
  id: string
  kind: MailKind
  user_id: string | null
  pending_signup_id: string | null
  email_change_id: string | null
  flow_hash: string | null
  recipient: string
  details: MailDetails
  occurrence_count: number
  password_version: number | null
  attempt_count: number
  lease_expires_at: number
  server_failed_at: number | null
}

const MAX_CLAIMED = 5 // measured: with 20 at a time, the slowest pages took 215 ms

const isDue =
  (at: number) =>
  ({ eb, and }: Row) =>
    and([eb('due_at', '<=', at), eb('expires_at', '>', at)])

const findDue = preparedRead((db: Kysely<Schema>) =>
  db.selectFrom('mails').select('id').where(isWaiting).where(isUnleased(0)).where(isDue(0)).limit(1),
)

/** Called once a second, so it is one indexed read. */
export async function hasDueMails({ db, now }: Deps) {
  const at = now()
  return (await findDue(db, [at, at + LEASE_DURATION, at, at, 1])).length > 0
}

/**
 * Two processes never get the same mail. On PostgreSQL, the second one skips the rows that the first one has locked. A power
 * cut may undo the claim: then the mail was not recorded either, and is sent again.
 */
export async function claimDueMails({ db, now }: Deps): Promise<ClaimedMail[]> {
  const at = now()
  const claimed = await db
    .updateTable('mails')
    .set(({ eb, ref }) => ({
      lease_expires_at: at + LEASE_DURATION,
      attempt_count: eb('attempt_count', '+', 1),
      // Its text is written now, so a later event must get another mail.
      dedupe_key: eb
        .case()
        .when('attempt_count', '=', 0)
        .then(eb(eb('dedupe_key', '||', ' '), '||', ref('id')))
        .else(ref('dedupe_key'))
        .end(),
    }))
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('mails')
        .select('id')
        .where(isWaiting)
        .where(isUnleased(at))
        .where(isDue(at))
        .orderBy('due_at')
        .orderBy('id')
        .limit(MAX_CLAIMED)
        .$if(isPostgres(db), (mails) => mails.forUpdate().skipLocked()),
    )
    .where(isUnleased(at))
    .returning([
      'id',
      'kind',
      'user_id',
      'pending_signup_id',
      'email_change_id',
      'flow_hash',
      'recipient',
      'details',
      'occurrence_count',
      'password_version',
      'attempt_count',
      'lease_expires_at',
      'server_failed_at',
    ])
    .execute()
  return claimed.map((mail) => ({ ...mail, details: JSON.parse(mail.details) }))
}
