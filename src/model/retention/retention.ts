import { sql, type RawBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { deleteExpiredEvents } from '@/model/security-events/security-events'

/** What is over stays for so long: people see it in their lists, and a copied remember token is known by it. */
const RETENTION = days(30)

/** How many rows a batch looks at, and how many it throws away: each of these is written in several places. */
const SCANNED_PER_BATCH = 200
const DELETED_PER_BATCH = 10
const AFTER_ALL_KEYS = '~' // ids and hashes are letters, digits, - and _

/** Where the broom is: at which of the tables, and behind which key. */
export type Cursor = { table: number; after: string }

type Step = (deps: Deps, after: string) => Promise<string | undefined>
type RetentionRule = { table: keyof Schema; key?: string; isExpired: (deps: Deps) => RawBuilder<unknown> }

const isExpired = ({ now }: Deps) => sql`expires_at <= ${now()}`
/** A row from later than this was written while the clock was ahead. Counts would refuse logins until then. */
const maxFuture = ({ now }: Deps) => now() + days(1)
const before = ({ now }: Deps) => now() - RETENTION

const rules: RetentionRule[] = [
  { table: 'saved_requests', isExpired },
  {
    table: 'login_failures',
    key: 'key_hash',
    // An account that is locked has no expiry: a wrong clock must not unlock it.
    isExpired: (deps) =>
      sql`(expires_at <= ${deps.now()} or (expires_at is not null and retry_at > ${maxFuture(deps)}))`,
  },
  { table: 'known_devices', isExpired },
  // One email address has few rows: its account locks after a hundred failures.
  {
    table: 'failed_logins',
    key: 'email_hash',
    isExpired: (deps) => sql`(created_at <= ${before(deps)} or created_at > ${maxFuture(deps)})`,
  },
  // No limit looks back further than a day.
  {
    table: 'rate_limit_hits',
    isExpired: (deps) => sql`(created_at <= ${deps.now() - days(1)} or created_at > ${maxFuture(deps)})`,
  },
  // A secret that was used before so long is not told from one that never was.
  { table: 'remember_secrets', key: 'secret_hash', isExpired: (deps) => sql`used_at <= ${before(deps)}` },
  {
    table: 'remember_series', // takes its secrets along: an unused one, for the others went before
    isExpired: (deps) => sql`(ended_at <= ${before(deps)} or expires_at <= ${before(deps)})`,
  },
  {
    table: 'sessions', // also those that ran out unseen; of a remembered device the list still shows the last
    isExpired: (deps) => sql`(ended_at <= ${before(deps)}
        or (ended_at is null and last_seen_at <= ${before(deps) - deps.config.session.idle}))
      and not exists (select series.id from remember_series as series where series.id = sessions.series_id
        and series.ended_at is null and series.expires_at > ${deps.now()})`,
  },
  { table: 'api_tokens', isExpired: (deps) => sql`(revoked_at <= ${before(deps)} or expires_at <= ${before(deps)})` },
]

type Cap = {
  table: keyof Schema
  max: (caps: Deps['config']['rowCaps']['inTotal']) => number
  counted?: RawBuilder<unknown>
}

const caps: Cap[] = [
  { table: 'failed_logins', max: ({ failedLogins }) => failedLogins },
  { table: 'login_failures', max: ({ loginFailures }) => loginFailures, counted: sql`expires_at is not null` },
  { table: 'rate_limit_hits', max: ({ rateLimitHits }) => rateLimitHits },
]

const steps: Step[] = [
  ...rules.map(
    (sweep): Step =>
      (deps, after) =>
        applyRule(deps, sweep, after),
  ),
  (deps, after) => deleteExpiredEvents(deps, after, DELETED_PER_BATCH),
  ...caps.map(
    (cap): Step =>
      (deps) =>
        deleteOldest(deps, cap),
  ),
]

/**
 * Throws away what is over in the next batch of rows; hands back where to go on, or undefined once all is swept. It walks
 * along the primary keys, so that no table has an index for its sake, and no slide one more to write.
 */
export async function deleteBatch(deps: Deps, { table, after }: Cursor): Promise<Cursor | undefined> {
  const last = await steps[table]?.(deps, after)
  if (last !== undefined) return { table, after: last }
  return table + 1 < steps.length ? { table: table + 1, after: '' } : undefined
}

/**
 * Deletes the next of the oldest rows, if the table has too many; an empty text if more may have to go. Only SQLite has a
 * `rowid`: it grows with each row, so that the range of it is an upper bound of the number of rows. Counting a million rows
 * exactly blocks the event loop for 120 ms. Another database needs another estimate, and an index by time.
 */
async function deleteOldest(deps: Deps, { table, max, counted = sql`true` }: Cap) {
  const from = sql.table(table)
  const oldest = (count: number) => sql`select rowid from ${from} where ${counted} order by rowid limit ${count}`
  const range = sql<Range>`select (select max(rowid) from ${from}) - (${oldest(1)}) + 1 as size`
  const { size = null } = (await range.execute(deps.db)).rows[0] ?? {}
  if (size === null || size <= max(deps.config.rowCaps.inTotal)) return undefined
  await sql`delete from ${from} where rowid in (${oldest(DELETED_PER_BATCH)})`.execute(deps.db)
  return ''
}

type Range = { size: number | null }

/** The key behind which to go on; undefined at the end of the table. */
async function applyRule(deps: Deps, { table, key = 'id', isExpired }: RetentionRule, after: string) {
  const [from, by] = [sql.table(table), sql.ref(key)]
  const next = sql`select ${by} as key from ${from} where ${by} > ${after} order by ${by}`
  const last = await sql<Keyed>`${next} limit 1 offset ${SCANNED_PER_BATCH - 1}`.execute(deps.db)
  const end = last.rows[0]?.key
  const some = sql`${by} > ${after} and ${by} <= ${end ?? AFTER_ALL_KEYS} and ${isExpired(deps)}`
  const old =
    await sql<Keyed>`select ${by} as key from ${from} where ${some} order by ${by} limit ${DELETED_PER_BATCH}`.execute(
      deps.db,
    )
  const keys = old.rows.map(({ key }) => key)
  if (keys.length > 0)
    await sql`delete from ${from} where ${by} in (${sql.join(keys)}) and ${isExpired(deps)}`.execute(deps.db)
  return keys.length < DELETED_PER_BATCH ? end : keys.at(-1)
}

type Keyed = { key: string }
