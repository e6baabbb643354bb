import { sql, type Kysely } from 'kysely'
import type { SystemClock } from '../engine/engine'

/** Milliseconds. */
const INTERVAL = 60_000
const ROUND_TRIPS = 5
/** Nodes whose clocks differ by more would write times into logs and mails that contradict each other. */
const MAX_DIFFERENCE_AT_START = 10_000
/** A larger difference means that the machine slept, or that another server became the primary. */
const MAX_CORRECTED_SLOWLY = 10_000
const CORRECTION_PER_SECOND = 10

/**
 * The time of the database, so that all nodes share one clock. It is counted by `elapsed`, so a change of the system clock
 * has no effect. A small correction is spread over time: no interval becomes negative.
 */
export async function openClock({ systemTime, elapsed }: SystemClock, readTime: () => Promise<number>) {
  let wanted = await measure()
  let offset = wanted
  let correctedAt = elapsed()
  const ahead = systemTime() - now()
  if (Math.abs(ahead) > MAX_DIFFERENCE_AT_START)
    throw new Error(
      `the clock of this machine is ${Math.abs(ahead / 1000).toFixed(0)} s ${ahead > 0 ? 'ahead of' : 'behind'} the clock of the database. Correct it`,
    )
  const timer = setInterval(() => void correct().catch(() => undefined), INTERVAL) // the next one may succeed
  timer.unref()

  /** What to add to `elapsed`. The quickest answer is the least wrong one: it came after half of its round trip. */
  async function measure() {
    let best = { took: Infinity, offset: 0 }
    for (let i = 0; i < ROUND_TRIPS; i++) {
      const sentAt = elapsed()
      const time = await readTime()
      const took = elapsed() - sentAt
      if (took < best.took) best = { took, offset: time - sentAt - took / 2 }
    }
    return best.offset
  }

  async function correct() {
    wanted = await measure()
    if (Math.abs(wanted - offset) > MAX_CORRECTED_SLOWLY) offset = wanted
  }

  function now() {
    const at = elapsed()
    const step = ((at - correctedAt) * CORRECTION_PER_SECOND) / 1000
    offset += Math.min(Math.max(wanted - offset, -step), step)
    correctedAt = at
    return Math.round(at + offset)
  }

  return { now, correct, close: () => clearInterval(timer) }
}

export async function readTime<Schema>(db: Kysely<Schema>) {
  const time = sql<{ now: number }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`
  return (await time.execute(db)).rows[0]?.now ?? NaN
}
