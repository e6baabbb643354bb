import { isPostgres } from '@db/engine/engine'
import type { MailKind, LinkPurpose } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import { preparedRead } from '@db/prepared-read'
import type { ExpressionBuilder, Kysely, Updateable } from 'kysely'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { days, hours, minutes } from '@/lib/duration'
import type { MailDetails } from './mail-data'
import { countSent } from './mail-counts'

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

/**
 * `rejected`: the mailbox does not exist. `later`: the server may accept the same mail later. `unanswered`: the mail may
 * have arrived. `dropped`: the mail is no longer wanted.
 */
type Failure = { outcome: 'rejected' | 'later' | 'unanswered' | 'dropped'; code: string }

type Row = ExpressionBuilder<Schema, 'mails'>

const MAX_CLAIMED = 5 // measured: with 20 at a time, the slowest pages took 215 ms
const LEASE = minutes(2)
const EXPIRED_PER_BATCH = 100

const RETRY_AFTER = [minutes(1), minutes(5), minutes(15), minutes(30), hours(1)]
/** The recipient may have a copy of each attempt: at most eight on the first day. */
const RETRY_UNANSWERED_AFTER = [...RETRY_AFTER, hours(12)]

/** As the index `mails_due` needs it. */
export const isWaiting = ({ eb, and }: Row) => and([eb('sent_at', 'is', null), eb('failed_at', 'is', null)])

/** These wait for their date on purpose. */
const SCHEDULED: readonly MailKind[] = ['factor-reset-waiting', 'factor-reset-due']

export const isUnscheduled = ({ eb, or }: Row) => or([eb('kind', 'not in', SCHEDULED), eb('attempt_count', '>', 0)])

/** A lease that ends later was written while the clock was wrong. */
const isUnleased =
  (at: number) =>
  ({ eb, or }: Row) =>
    or([eb('lease_expires_at', '<=', at), eb('lease_expires_at', '>', at + LEASE)])

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
  return (await findDue(db, [at, at + LEASE, at, at, 1])).length > 0
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
      lease_expires_at: at + LEASE,
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

/** A finished mail keeps its recipient only if it belongs to a user: both are deleted together. */
const emptied = (eb: Row) => ({
  details: '{}',
  recipient: eb.case().when('user_id', 'is', null).then('').else(eb.ref('recipient')).end(),
  server_failed_at: null,
})

type Finished = { id: string; kind: MailKind; user_id: string | null }

const eventOf = ({ id, kind, user_id }: Finished) => ({
  mailId: id,
  mailKind: kind,
  ...(user_id === null ? {} : { userId: user_id }),
})

const failAll = async (deps: Deps, ids: string[], error_code: string) => {
  const failed = await deps.db
    .updateTable('mails')
    .set((eb) => ({ failed_at: deps.now(), error_code, ...emptied(eb) }))
    .where('id', 'in', ids)
    .where(isWaiting)
    .returning(['id', 'kind', 'user_id'])
    .execute()
  for (const mail of failed) deps.emit({ kind: 'mail-failed', ...eventOf(mail), code: error_code, isFinal: true })
  return failed.length
}

/** The mail will not be sent. Returns false if it is unknown or finished. */
export const failMail = (deps: Deps, { id }: { id: string }, code: string) =>
  // The statement fails each waiting mail once.
  inTransaction(deps, async (deps) => (await failAll(deps, [id], code)) > 0, { locks: [] })

/** The server has accepted the mail, whatever the row says: a concurrent cancellation came too late. */
export const recordSent = (deps: Deps, mail: ClaimedMail, purposes: LinkPurpose[]) => {
  const record = async (deps: Deps) => {
    const sent = await deps.db
      .updateTable('mails')
      .set((eb) => ({ sent_at: deps.now(), failed_at: null, error_code: null, ...emptied(eb) }))
      .where('id', '=', mail.id)
      .where('sent_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!sent) return
    await setRejectedAt(deps, mail, null)
    for (const purpose of purposes) await countSent(deps, purpose)
    deps.emit({ kind: 'mail-sent', ...eventOf(mail) })
  }
  return inTransaction(deps, record, { locks: [] }) // each statement decides by itself
}

export const recordFailure = (deps: Deps, mail: ClaimedMail, { outcome, code }: Failure) => {
  const record = async (deps: Deps) => {
    if (outcome === 'rejected') await setRejectedAt(deps, mail, deps.now())
    if (outcome === 'rejected' || outcome === 'dropped') return void (await failAll(deps, [mail.id], code))
    const delay = retryDelay(deps, mail, outcome === 'unanswered' ? RETRY_UNANSWERED_AFTER : RETRY_AFTER)
    const postponed = { due_at: deps.now() + delay, lease_expires_at: 0, error_code: code, server_failed_at: null }
    if (await updateClaimed(deps, mail, postponed))
      deps.emit({ kind: 'mail-failed', ...eventOf(mail), code, isFinal: false })
  }
  return inTransaction(deps, record, { locks: [] }) // the lease decides
}

/** The server as a whole has failed, so the attempt does not count. A restart of the job keeps the time of the failure. */
export const releaseMail = (deps: Deps, mail: ClaimedMail, error_code: string, failed_at: number) =>
  updateClaimed(deps, mail, {
    lease_expires_at: 0,
    attempt_count: mail.attempt_count - 1,
    error_code,
    server_failed_at: mail.server_failed_at ?? failed_at,
  })

/** The mails that failed may expire before the server works. So the due mail that expires last tells of the failure as well. */
export async function recordOutage({ db, now }: Deps, error_code: string, server_failed_at: number) {
  await db
    .updateTable('mails')
    .set({ error_code, server_failed_at })
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('mails')
        .select('id')
        .where(isWaiting)
        .where('due_at', '<=', now())
        .orderBy('expires_at', 'desc')
        .orderBy('id')
        .limit(1),
    )
    .where('server_failed_at', 'is', null)
    .execute()
}

/** False if the lease has expired: then another process may be sending the mail. */
async function updateClaimed({ db }: Deps, mail: ClaimedMail, values: Updateable<Schema['mails']>) {
  const updated = await db
    .updateTable('mails')
    .set(values)
    .where('id', '=', mail.id)
    .where('lease_expires_at', '=', mail.lease_expires_at)
    .where(isWaiting)
    .returning('id')
    .executeTakeFirst()
  return updated !== undefined
}

/** The delays differ by up to 10 %, so that mails that failed together do not return together. */
function retryDelay({ random }: Deps, { attempt_count }: ClaimedMail, delays: number[]) {
  const delay = delays[attempt_count - 1] ?? delays.at(-1) ?? 0
  return Math.round(delay * (0.9 + (0.2 * (random(1)[0] ?? 0)) / 255))
}

/** No request calls this, so its time reveals no account. */
const setRejectedAt = ({ db }: Deps, { recipient }: ClaimedMail, email_rejected_at: number | null) =>
  db
    .updateTable('users')
    .set({ email_rejected_at })
    .where('canonical_email', '=', recipient)
    .where('email_rejected_at', email_rejected_at === null ? 'is not' : 'is', null)
    .execute()

/** No retry waits for a day. A mail that is due later was written while the clock was wrong. Called once a minute. */
export const rescheduleMails = ({ db, now }: Deps) =>
  db
    .updateTable('mails')
    .set({ due_at: now() })
    .where(isWaiting)
    .where(isUnscheduled)
    .where('due_at', '>', now() + days(1))
    .execute()

/** A batch at a time, so that no transaction is long. Called once a minute. */
export async function expireMails(deps: Deps) {
  const at = deps.now()
  for (;;) {
    const expired = await deps.db
      .selectFrom('mails')
      .select('id')
      .where(isWaiting)
      .where(isUnleased(at))
      .where('expires_at', '<=', at)
      .limit(EXPIRED_PER_BATCH)
      .execute()
    const ids = expired.map(({ id }) => id)
    // The statement fails each waiting mail once.
    if (ids.length > 0)
      await inTransaction(deps, (deps) => failAll(deps, ids, 'expired'), { locks: [], durable: false })
    if (ids.length < EXPIRED_PER_BATCH) return
  }
}
