import type { MailKind } from '@db/mail-tables'
import type { Deps } from '@/deps/deps'
import { days, hours } from '@/lib/duration'
import { base64url } from '@/lib/encoding'
import { maskEmail } from '@/lib/mask-email'
import { failMail } from './fail-mails'
import { isUnscheduled, isWaiting } from './mail-conditions'
import type { MailDetails } from './mail-data'

const DEFAULT_LIFETIME = days(5) // RFC 5321, section 4.5.4.1
const LIFETIMES: { [K in MailKind]?: number } = {
  'reset-password': hours(1),
  'login-code': hours(1),
  'sign-up': days(1),
  'verify-email': days(1),
  'confirm-new-email': days(1),
  'factor-reset-requested': days(1),
  'factor-reset-waiting': days(1), // the next one says the same
}

export const SENT_RETENTION = days(7)
const FAILED_RETENTION = days(30)
const MAX_LISTED = 200

/** The rows that the tokens of a mail belong to. */
export type MailBinding = {
  /** SHA-256 of the `flow` cookie of the browser that asked for the mail. */
  flowHash?: string
  pendingSignupId?: string
  emailChangeId?: string
  /** JSON of how the user proved the account, for the login that goes on when the mail is used. */
  login?: string
}

type NewMail = MailBinding & {
  kind: MailKind
  /** A canonical address. */
  recipient: string
  /** Only of a user that a guard or a right password identified: a request looks up no user by address. */
  user?: { id: string; password_version: number }
  details?: MailDetails
  /** Not sent before this time. */
  dueAt?: number
  /** A mail with this key that waits is replaced, and reports one more event. */
  dedupeKey?: string
}

/** Stores a mail for the mail job. Belongs in the transaction of the change that it reports, so that neither exists alone. */
export async function enqueueMail(
  deps: Deps,
  { kind, recipient, user, details = {}, flowHash, pendingSignupId, emailChangeId, login, dueAt, dedupeKey }: NewMail,
) {
  const at = deps.now()
  const due = dueAt ?? at
  const id = base64url(deps.random(16))
  const row = {
    id,
    kind,
    user_id: user?.id ?? null,
    pending_signup_id: pendingSignupId ?? null,
    email_change_id: emailChangeId ?? null,
    flow_hash: flowHash ?? null,
    login: login ?? null,
    recipient,
    details: JSON.stringify({ at, ...details } satisfies MailDetails),
    password_version: user?.password_version ?? null,
    dedupe_key: dedupeKey ?? null,
    due_at: due,
    lease_expires_at: 0,
    expires_at: due + (LIFETIMES[kind] ?? DEFAULT_LIFETIME),
    attempt_count: 0,
    created_at: at,
  }
  const stored = await deps.db
    .insertInto('mails')
    .values(row)
    .onConflict((waiting) =>
      waiting
        .column('dedupe_key')
        .where(isWaiting)
        .doUpdateSet(({ ref, eb }) => ({
          recipient: ref('excluded.recipient'),
          details: ref('excluded.details'),
          password_version: ref('excluded.password_version'),
          occurrence_count: eb('mails.occurrence_count', '+', 1),
        })),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return stored.id
}

export type ListedMail = {
  id: string
  kind: MailKind
  /** Masked, or empty if the mail has failed and belongs to no user. */
  recipient: string
  attempt_count: number
  /** When the next attempt is due. */
  due_at: number
  /** Null while the mail waits. */
  failed_at: number | null
  error_code: string | null
  created_at: number
}

/** Waiting mails in the order in which they are sent, then failed ones, newest first. At most 200 of each. */
export async function listMails({ db }: Deps): Promise<ListedMail[]> {
  const mails = db
    .selectFrom('mails')
    .select(['id', 'kind', 'recipient', 'attempt_count', 'due_at', 'failed_at', 'error_code', 'created_at'])
    .limit(MAX_LISTED)
  const waiting = await mails.where(isWaiting).orderBy('due_at').orderBy('id').execute()
  const failed = await mails.where('failed_at', 'is not', null).orderBy('failed_at', 'desc').orderBy('id').execute()
  return [...waiting, ...failed].map((mail) => ({ ...mail, recipient: maskEmail(mail.recipient) }))
}

export type MailSummary = {
  waiting: number
  /** Since when the oldest mail waits that is due; null if none is. */
  oldestAt: number | null
  /** In the last 7 days. */
  sent: number
  /** In the last 30 days, the most frequent first. */
  failed: { code: string; count: number }[]
  /** The error of the mail server, since when; undefined while it works or no mail waits. */
  outage?: { code: string; since: number }
}

export async function mailSummary({ db, now }: Deps): Promise<MailSummary> {
  const waiting = await db
    .selectFrom('mails')
    .select(({ fn }) => fn.countAll().as('count'))
    .where(isWaiting)
    .executeTakeFirstOrThrow()
  // A repeated notification waits on purpose until it is due.
  const overdue = await db
    .selectFrom('mails')
    .select(({ fn, eb, ref }) =>
      fn.min(eb.case().when('attempt_count', '=', 0).then(ref('due_at')).else(ref('created_at')).end()).as('oldest'),
    )
    .where(isWaiting)
    .where(({ or, eb }) => or([eb('due_at', '<=', now()), eb('attempt_count', '>', 0)]))
    .executeTakeFirst()
  const sent = await db
    .selectFrom('mails')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('sent_at', '>', now() - SENT_RETENTION)
    .executeTakeFirstOrThrow()
  const failed = await db
    .selectFrom('mails')
    .select(({ fn }) => ['error_code', fn.countAll().as('count')])
    .where('failed_at', '>', now() - FAILED_RETENTION)
    .groupBy('error_code')
    .orderBy('count', 'desc')
    .orderBy('error_code') // one row each
    .execute()
  const outage = await db
    .selectFrom('mails')
    .select(['error_code', 'server_failed_at'])
    .where(isWaiting)
    .where('server_failed_at', 'is not', null)
    .orderBy('server_failed_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return {
    waiting: Number(waiting.count),
    oldestAt: overdue?.oldest ?? null,
    sent: Number(sent.count),
    failed: failed.map(({ error_code, count }) => ({ code: error_code ?? '', count: Number(count) })),
    ...(outage?.server_failed_at ? { outage: { code: outage.error_code ?? '', since: outage.server_failed_at } } : {}),
  }
}

/** From the index of waiting mails only, for a menu. */
export async function countWaitingMails({ db }: Deps) {
  const { count } = await db
    .selectFrom('mails')
    .select(({ fn }) => fn.countAll().as('count'))
    .where(isWaiting)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Makes the mail due now. Returns false if it is unknown or finished, or waits for its date. */
export async function retryMail({ db, now }: Deps, id: string) {
  const retried = await db
    .updateTable('mails')
    .set({ due_at: now() })
    .where('id', '=', id)
    .where(isWaiting)
    .where(isUnscheduled)
    .returning('id')
    .executeTakeFirst()
  return retried !== undefined
}

/** Makes all waiting mails due now, except those that wait for their date. Returns their number. */
export async function retryMails({ db, now }: Deps) {
  const at = now()
  const retried = await db
    .updateTable('mails')
    .set({ due_at: at })
    .where(isWaiting)
    .where(isUnscheduled)
    .where('due_at', '>', at)
    .executeTakeFirst()
  return Number(retried.numUpdatedRows)
}

/** Returns false if the mail is unknown or finished. A mail that is being sent at this moment still arrives. */
export const cancelMail = (deps: Deps, id: string) => failMail(deps, { id }, 'cancelled')
