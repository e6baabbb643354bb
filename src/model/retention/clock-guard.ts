import { engineOf } from '@db/engine/engine'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'

export interface ClockGuard {
  isTrusted(): boolean
}

const MAX_JUMP = days(1)
/** The shortest retention of rows that users see. Few sites have no new row for so long. */
const MAX_GAP = days(30)
const GAP_PAUSE = days(1)

/**
 * A clock that is wrong for one round would delete all rows for good. The guard compares it with the uptime since the last
 * trusted round, and at the start with the newest row.
 */
export async function openClockGuard(deps: Deps): Promise<ClockGuard> {
  const { now, uptime, log } = deps
  const startedAt = { now: now(), uptime: uptime() }
  let trusted = startedAt
  let isPaused = false
  const gap = await readGap(deps, startedAt.now)
  const pausedUntil = gap > MAX_GAP ? startedAt.uptime + GAP_PAUSE : 0
  if (pausedUntil > 0)
    pause(
      `for a day: the clock is ${inDays(gap)} after the newest row. If it is wrong, stop the server and correct it.`,
    )

  function pause(why: string) {
    if (!isPaused) log.error({}, `retention paused ${why}`)
    isPaused = true
    return false
  }

  return {
    isTrusted() {
      if (uptime() < pausedUntil) return false
      const jump = now() - trusted.now - (uptime() - trusted.uptime)
      if (Math.abs(jump) > MAX_JUMP)
        return pause(`because the clock jumped by ${inDays(jump)}. Correct it. If it is right, restart the server.`)
      if (isPaused) log.info({}, 'retention resumed')
      isPaused = false
      trusted = { now: now(), uptime: uptime() }
      return true
    },
  }
}

const inDays = (ms: number) => `${Math.round(ms / days(1))} days`

/** The table with the most rows is the last one. */
const tables = ['rate_limit_hits', 'sessions', 'failed_logins', 'users', 'security_events'] satisfies (keyof Schema)[]

/**
 * The time since the newest row, or since a row that is new enough. No index leads to the newest row, so PostgreSQL reads a
 * whole table: a second for a million rows.
 */
async function readGap({ db }: Deps, at: number) {
  const { rows } = engineOf(db)
  let gap = Infinity
  for (const table of tables) {
    gap = Math.min(gap, at - ((await rows.findNewest(db, table, 'created_at')) ?? -Infinity))
    if (gap <= MAX_GAP) return gap
  }
  return gap === Infinity ? 0 : gap
}
