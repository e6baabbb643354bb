import { sql } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'

const SAMPLED_ROWS = 200
const DELETED_PER_BATCH = 10 // each deletion also writes the indexes

/** `rowid` is in the order of insertion. */
type SampledRow = { rowid: number; value: string | number }

type TotalCap = {
  table: keyof Schema
  max: (caps: Deps['config']['rowCaps']['inTotal']) => number
  /** The order in which rows give way. */
  column: string
  chooseSurplus: (sample: SampledRow[], count: number) => SampledRow[]
}

/**
 * Limits per source allow one source at most a few thousand of these rows. Only many sources, or one with thousands of
 * accounts, can reach a cap.
 */
export const totalCaps: TotalCap[] = [
  // Users see these rows. The network with the most gives way.
  { table: 'failed_logins', max: ({ failedLogins }) => failedLogins, column: 'ip', chooseSurplus: takeFromLargest },
  // A few failures cause no delay yet. A flood must not end the backoff or the lockout of another account.
  { table: 'login_failures', max: ({ loginFailures }) => loginFailures, column: 'count', chooseSurplus: takeLowest },
  // The oldest hits matter least. If the source with the most gave way, it would get new attempts.
  {
    table: 'rate_limit_hits',
    max: ({ rateLimitHits }) => rateLimitHits,
    column: 'created_at',
    chooseSurplus: takeOldest,
  },
  // A waiting mail must not get lost, and users see mails of their account in their data.
  { table: 'mails', max: ({ mails }) => mails, column: 'recipient', chooseSurplus: takeEmptied },
  // Most users confirm within minutes. The tokens and the waiting mail of a sign-up are deleted with it.
  {
    table: 'pending_signups',
    max: ({ pendingSignups }) => pendingSignups,
    column: 'created_at',
    chooseSurplus: takeOldest,
  },
]

function takeOldest(sample: SampledRow[], count: number) {
  return sample.slice(0, count)
}

/** Finished mails that a form asked for, oldest first. */
function takeEmptied(sample: SampledRow[], count: number) {
  return takeOldest(
    sample.filter(({ value }) => value === ''),
    count,
  )
}

function takeLowest(sample: SampledRow[], count: number) {
  return takeOldest(
    sample.toSorted((a, b) => Number(a.value) - Number(b.value)),
    count,
  )
}

function takeFromLargest(sample: SampledRow[], count: number) {
  const groups = [...Map.groupBy(sample, ({ value }) => value).values()]
  return Array.from({ length: count }, () => groups.reduce((a, b) => (b.length > a.length ? b : a)).shift()).filter(
    (row) => row !== undefined,
  )
}

/**
 * Returns an empty string while the table may exceed its cap: then the same step runs again. Counting a million rows
 * blocks the event loop for 120 ms, so this estimates their number and chooses among a sample.
 */
export async function deleteSurplus(deps: Deps, { table, column, max, chooseSurplus }: TotalCap) {
  const sampled = await sampleRows(deps, table, column)
  if (!sampled || sampled.size <= max(deps.config.rowCaps.inTotal)) return undefined
  const { sample, isComplete } = sampled
  const count = isComplete ? DELETED_PER_BATCH : Math.ceil((sample.length / SAMPLED_ROWS) * DELETED_PER_BATCH)
  const surplus = chooseSurplus(sample, Math.min(count, sample.length)).map(({ rowid }) => rowid)
  if (surplus.length === 0) return undefined
  await sql`delete from ${sql.table(table)} where rowid in (${sql.join(surplus)})`.execute(deps.db)
  return ''
}

/** Reads rows at equal distances of SQLite's `rowid`. Another database needs its own estimate and sample. */
async function sampleRows({ db, random }: Pick<Deps, 'db' | 'random'>, table: keyof Schema, column: string) {
  const from = sql.table(table)
  const range = sql<Range>`select (select min(rowid) from ${from}) as first, (select max(rowid) from ${from}) as last`
  const { first = null, last = null } = (await range.execute(db)).rows[0] ?? {}
  if (first === null || last === null) return undefined
  const length = last - first + 1
  const positions = Math.min(length, SAMPLED_ROWS)
  const offset = (random(1)[0] ?? 0) / 256 // else the next batch would sample the rows that this one deleted
  const rowids = Array.from({ length: positions }, (_, i) => first + Math.floor(((i + offset) * length) / positions))
  const rows = sql<SampledRow>`select rowid, ${sql.ref(column)} as value from ${from}
    where rowid in (${sql.join(rowids)}) order by rowid`
  const sample = (await rows.execute(db)).rows
  return { sample, size: (length * sample.length) / positions, isComplete: positions === length }
}

type Range = { first: number | null; last: number | null }
