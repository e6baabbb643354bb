import { sql, type RawBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { deleteNextAccount, type OnUserDeleted } from '@/model/accounts/delete-account'
import { dayOf } from '@/model/mails/mail-counts'
import { PREVIOUS_HASH_RETENTION } from '@/model/passwords/previous-hashes'
import { SENT_RETENTION } from '@/model/mails/mails'
import { deleteExpiredEvents } from '@/model/security-events/security-events'
import { SAVE_TIMEOUT } from '@/model/recovery-codes/recovery-codes'
import { endExpiredSteps } from '@/model/accounts/factors/second-step'
import { remindOfDeletion } from '@/model/accounts/request-deletion'
import { deleteSurplus, totalCaps } from './total-caps'

export type { OnUserDeleted }

/** Users see ended rows in their lists. */
const RETENTION = days(30)
const LOCKOUT_RETENTION = days(3 * 365)
const MAIL_COUNT_RETENTION = days(400)

const SCANNED_PER_BATCH = 200
const DELETED_PER_BATCH = 10 // each deletion also writes the indexes
const AFTER_ALL_KEYS = '~' // sorts after letters, digits, `-` and `_`, of which all keys consist

/** `table` is an index of `steps`; `after` is the last key that was scanned. */
export type Cursor = { table: number; after: string }

type Step = (deps: Deps, after: string, onUserDeleted?: OnUserDeleted) => Promise<string | undefined>
type RetentionRule = { table: keyof Schema; key?: string; isExpired: (deps: Deps) => RawBuilder<unknown> }

const isExpired = ({ now }: Deps) => sql`expires_at <= ${now()}`
/** Rows with a later date were written while the clock was wrong. They would block logins until that date. */
const maxFuture = ({ now }: Deps) => now() + days(1)
const cutoff = ({ now }: Deps) => now() - RETENTION

const rules: RetentionRule[] = [
  { table: 'saved_requests', isExpired },
  {
    table: 'login_failures',
    key: 'key_hash',
    // A lockout has no expiry: a wrong clock must not unlock an account. Without any end, an attacker who locks addresses
    // would fill the table. The end is the same with and without an account, so that it reveals none.
    isExpired: (deps) => sql`(expires_at <= ${deps.now()}
      or (expires_at is null and retry_at <= ${deps.now() - LOCKOUT_RETENTION})
      or (expires_at is not null and retry_at > ${maxFuture(deps)}))`,
  },
  { table: 'known_devices', isExpired },
  {
    table: 'failed_logins',
    key: 'email_hash',
    isExpired: (deps) => sql`(created_at <= ${cutoff(deps)} or created_at > ${maxFuture(deps)})`,
  },
  {
    table: 'rate_limit_hits',
    isExpired: (deps) => sql`(created_at <= ${deps.now() - days(1)} and limit_name <> 'factor-reset'
      or created_at <= ${cutoff(deps)} or created_at > ${maxFuture(deps)})`,
  },
  {
    // A series can have 5,000 secrets. If the foreign key deleted them with the series, one batch would block the event loop
    // for 100 ms.
    table: 'remember_secrets',
    key: 'secret_hash',
    isExpired: (deps) => sql`exists (select series.id from remember_series as series
      where series.id = remember_secrets.series_id and (series.ended_at <= ${cutoff(deps)} or series.expires_at <= ${cutoff(deps)}))`,
  },
  {
    table: 'remember_series',
    isExpired: (deps) => sql`(ended_at <= ${cutoff(deps)} or expires_at <= ${cutoff(deps)})`,
  },
  {
    table: 'sessions', // the session list shows a remembered device by its last session
    isExpired: (deps) => sql`(ended_at <= ${cutoff(deps)}
        or (ended_at is null and last_seen_at <= ${cutoff(deps) - deps.config.session.idle}))
      and not exists (select series.id from remember_series as series where series.id = sessions.series_id
        and series.ended_at is null and series.expires_at > ${deps.now()})`,
  },
  {
    // Without a mail job, mails that nothing sends would stay.
    table: 'mails',
    isExpired: (deps) => sql`(sent_at <= ${deps.now() - SENT_RETENTION} or failed_at <= ${cutoff(deps)}
      or expires_at <= ${cutoff(deps)})`,
  },
  { table: 'pending_signups', isExpired },
  { table: 'used_challenges', key: 'challenge_hash', isExpired },
  { table: 'authenticator_apps', isExpired }, // a confirmed one has no expiry
  {
    table: 'recovery_codes',
    isExpired: (deps) => sql`(is_active = 0 and created_at <= ${deps.now() - SAVE_TIMEOUT})`,
  },
  { table: 'one_time_tokens', isExpired },
  {
    // A reset that its user forgot must not remove factors years later.
    table: 'factor_resets',
    isExpired: (deps) => sql`(completed_at <= ${cutoff(deps)} or due_at <= ${cutoff(deps)}
      or (confirmed_at is null and requested_at <= ${deps.now() - days(2)}))`,
  },
  {
    table: 'previous_password_hashes',
    isExpired: (deps) => sql`replaced_at <= ${deps.now() - PREVIOUS_HASH_RETENTION}`,
  },
  {
    // 30 days after the time in which the change can be undone.
    table: 'email_changes',
    isExpired: (deps) => sql`(coalesce(undo_expires_at, requested_at) <= ${cutoff(deps)})`,
  },
  { table: 'mail_daily_counts', isExpired: (deps) => sql`day <= ${dayOf(deps.now() - MAIL_COUNT_RETENTION)}` },
  { table: 'api_tokens', isExpired: (deps) => sql`(revoked_at <= ${cutoff(deps)} or expires_at <= ${cutoff(deps)})` },
]

const steps: Step[] = [
  ...rules.map(
    (rule): Step =>
      (deps, after) =>
        applyRule(deps, rule, after),
  ),
  (deps, after) => deleteExpiredEvents(deps, after, DELETED_PER_BATCH),
  async (deps) => ((await endExpiredSteps(deps, DELETED_PER_BATCH)) ? 'more' : undefined),
  remindOfDeletion,
  deleteNextAccount,
  ...totalCaps.map(
    (cap): Step =>
      (deps) =>
        deleteSurplus(deps, cap),
  ),
]

export const FIRST_CURSOR: Cursor = { table: 0, after: '' }
/** The first step that depends on numbers of rows, and not on the clock. */
export const CAPS_CURSOR: Cursor = { table: steps.length - totalCaps.length, after: '' }

/** Walks along primary keys: an index on time would cost one more write at every session extension. */
export async function deleteBatch(
  deps: Deps,
  { table, after }: Cursor,
  onUserDeleted?: OnUserDeleted,
): Promise<Cursor | undefined> {
  const last = await steps[table]?.(deps, after, onUserDeleted)
  if (last !== undefined) return { table, after: last }
  return table + 1 < steps.length ? { table: table + 1, after: '' } : undefined
}

async function applyRule(deps: Deps, { table, key = 'id', isExpired }: RetentionRule, after: string) {
  const [from, keyColumn] = [sql.table(table), sql.ref(key)]
  const next = sql`select ${keyColumn} as key from ${from} where ${keyColumn} > ${after} order by ${keyColumn}`
  const last = await sql<Keyed>`${next} limit 1 offset ${SCANNED_PER_BATCH - 1}`.execute(deps.db)
  const end = last.rows[0]?.key
  const expired = sql`${keyColumn} > ${after} and ${keyColumn} <= ${end ?? AFTER_ALL_KEYS} and ${isExpired(deps)}`
  const found = await sql<Keyed>`select ${keyColumn} as key from ${from} where ${expired}
    order by ${keyColumn} limit ${DELETED_PER_BATCH}`.execute(deps.db)
  const keys = found.rows.map(({ key }) => key)
  if (keys.length > 0)
    await sql`delete from ${from} where ${keyColumn} in (${sql.join(keys)}) and ${isExpired(deps)}`.execute(deps.db)
  return keys.length < DELETED_PER_BATCH ? end : keys.at(-1)
}

type Keyed = { key: string }
