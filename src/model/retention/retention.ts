import { sql, type RawBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { endOldEventsOf } from '@/model/security-events/security-events'

/** What is over stays for so long: people see it in their lists, and a copied remember token is known by it. */
const KEPT_FOR = days(30)

/** How many rows a batch looks at, and how many it throws away: each of these is written in several places. */
const LOOKED_AT = 200
const MOST_ENDED = 10
const BEHIND_ALL = '~' // ids and hashes are letters, digits, - and _

/** Where the broom is: at which of the tables, and behind which key. */
export type Place = { turn: number; after: string }

type Step = (deps: Deps, after: string) => Promise<string | undefined>
type Sweep = { table: keyof Schema; key?: string; isOld: (deps: Deps) => RawBuilder<unknown> }

const isExpired = ({ now }: Deps) => sql`expires_at <= ${now()}`
/** A row from later than this was written while the clock was ahead. Counts would refuse logins until then. */
const maxFuture = ({ now }: Deps) => now() + days(1)
const before = ({ now }: Deps) => now() - KEPT_FOR

const sweeps: Sweep[] = [
  { table: 'drafts', isOld: isExpired },
  {
    table: 'guess_counts',
    key: 'key_hash',
    // An account that is locked has no expiry: a wrong clock must not unlock it.
    isOld: (deps) => sql`(expires_at <= ${deps.now()} or (expires_at is not null and open_at > ${maxFuture(deps)}))`,
  },
  { table: 'known_devices', isOld: isExpired },
  // One email address has few rows: its account locks after a hundred failures.
  {
    table: 'failed_logins',
    key: 'email_hash',
    isOld: (deps) => sql`(created_at <= ${before(deps)} or created_at > ${maxFuture(deps)})`,
  },
  // No limit looks back further than a day.
  { table: 'tries', isOld: (deps) => sql`(at <= ${deps.now() - days(1)} or at > ${maxFuture(deps)})` },
  // A secret that was used before so long is not told from one that never was.
  { table: 'remember_secrets', key: 'secret_hash', isOld: (deps) => sql`used_at <= ${before(deps)}` },
  {
    table: 'remember_series', // takes its secrets along: an unused one, for the others went before
    isOld: (deps) => sql`(ended_at <= ${before(deps)} or expires_at <= ${before(deps)})`,
  },
  {
    table: 'sessions', // also those that ran out unseen; of a remembered device the list still shows the last
    isOld: (deps) => sql`(ended_at <= ${before(deps)}
        or (ended_at is null and seen_at <= ${before(deps) - deps.config.session.idle}))
      and not exists (select series.id from remember_series as series where series.id = sessions.series_id
        and series.ended_at is null and series.expires_at > ${deps.now()})`,
  },
  { table: 'api_tokens', isOld: (deps) => sql`(revoked_at <= ${before(deps)} or expires_at <= ${before(deps)})` },
]

type Cap = {
  table: keyof Schema
  max: (caps: Deps['config']['rowCaps']['inTotal']) => number
  counted?: RawBuilder<unknown>
}

const caps: Cap[] = [
  { table: 'failed_logins', max: ({ failedLogins }) => failedLogins },
  { table: 'guess_counts', max: ({ loginFailures }) => loginFailures, counted: sql`expires_at is not null` },
  { table: 'tries', max: ({ rateLimitHits }) => rateLimitHits },
]

const steps: Step[] = [
  ...sweeps.map(
    (sweep): Step =>
      (deps, after) =>
        sweepTable(deps, sweep, after),
  ),
  (deps, after) => endOldEventsOf(deps, after, MOST_ENDED),
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
export async function takeBatch(deps: Deps, { turn, after }: Place): Promise<Place | undefined> {
  const last = await steps[turn]?.(deps, after)
  if (last !== undefined) return { turn, after: last }
  return turn + 1 < steps.length ? { turn: turn + 1, after: '' } : undefined
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
  await sql`delete from ${from} where rowid in (${oldest(MOST_ENDED)})`.execute(deps.db)
  return ''
}

type Range = { size: number | null }

/** The key behind which to go on; undefined at the end of the table. */
async function sweepTable(deps: Deps, { table, key = 'id', isOld }: Sweep, after: string) {
  const [from, by] = [sql.table(table), sql.ref(key)]
  const next = sql`select ${by} as key from ${from} where ${by} > ${after} order by ${by}`
  const last = await sql<Keyed>`${next} limit 1 offset ${LOOKED_AT - 1}`.execute(deps.db)
  const end = last.rows[0]?.key
  const some = sql`${by} > ${after} and ${by} <= ${end ?? BEHIND_ALL} and ${isOld(deps)}`
  const old =
    await sql<Keyed>`select ${by} as key from ${from} where ${some} order by ${by} limit ${MOST_ENDED}`.execute(deps.db)
  const keys = old.rows.map(({ key }) => key)
  if (keys.length > 0)
    await sql`delete from ${from} where ${by} in (${sql.join(keys)}) and ${isOld(deps)}`.execute(deps.db)
  return keys.length < MOST_ENDED ? end : keys.at(-1)
}

type Keyed = { key: string }
