import { engineOf } from '@db/engine/engine'
import type { SampledRow } from '@db/engine/table-rows'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'

/** Each deletion also writes the indexes. */
const DELETED_PER_BATCH = 10
/** Of a sample, so that the rows that matter most in it stay. */
const DELETED_SHARE = 1 / 20

type TotalCap = {
  table: keyof Schema
  max: (caps: Deps['config']['rowCaps']['inTotal']) => number
  /** The order in which rows give way. */
  column: string
  /** The column that tells which row is older. */
  age?: string
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
  {
    table: 'login_failures',
    max: ({ loginFailures }) => loginFailures,
    column: 'count',
    age: 'retry_at',
    chooseSurplus: takeLowest,
  },
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

/** Returns an empty string while the table may exceed its cap: then the same step runs again. */
export async function deleteSurplus(
  { db, config, random }: Deps,
  { table, column, age = 'created_at', max, chooseSurplus }: TotalCap,
) {
  const { rows } = engineOf(db)
  const cap = max(config.rowCaps.inTotal)
  const sample = await rows.sample(db, table, { column, age, max: cap, random: (random(1)[0] ?? 0) / 256 })
  if (!sample || sample.size <= cap) return undefined
  const count = sample.isComplete ? DELETED_PER_BATCH : Math.ceil(sample.rows.length * DELETED_SHARE)
  const surplus = chooseSurplus(sample.rows, Math.min(count, sample.rows.length))
  if (surplus.length === 0) return undefined
  await rows.delete(db, table, surplus)
  return ''
}
