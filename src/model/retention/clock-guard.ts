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
  const gap = startedAt.now - (await findNewestTime(deps))
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

const tables = ['users', 'sessions', 'security_events', 'failed_logins', 'rate_limit_hits'] satisfies (keyof Schema)[]

async function findNewestTime({ db, now }: Deps) {
  const { rows } = engineOf(db)
  const times = await Promise.all(tables.map((table) => rows.findNewest(db, table, 'created_at')))
  const newest = Math.max(...times.map((time) => time ?? -Infinity))
  return newest === -Infinity ? now() : newest
}
