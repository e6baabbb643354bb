import type { EndReason } from '@db/session-tables'
import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import type { Session, User } from '@/model/types'
import { sessionColumns } from './columns'

const MAX_PER_QUERY = 500 // SQLite limits the parameters of a query
const MAX_LISTED = 1000

/** Tolerates clock corrections by NTP. Beyond it, the idle time of a session is unknown, so the session ends. */
const CLOCK_TOLERANCE = minutes(1)

/** A condition for `where`: not ended and not timed out. */
export const isActive =
  ({ now, config }: Deps) =>
  (eb: ExpressionBuilder<Schema, 'sessions'>) =>
    eb.and([
      eb('ended_at', 'is', null),
      eb('last_seen_at', '>', now() - config.session.idle),
      eb('authenticated_at', '>', now() - config.session.max),
      eb('last_seen_at', '<=', now() + CLOCK_TOLERANCE),
      eb('authenticated_at', '<=', now() + CLOCK_TOLERANCE),
    ])

type SessionTimes = Pick<Session, 'last_seen_at' | 'authenticated_at'>

export type SessionExpiry = { idle: number; absolute: number }

/** `idle` holds until the session is extended. */
export const expiresAt = ({ config }: Deps, { last_seen_at, authenticated_at }: SessionTimes): SessionExpiry => ({
  idle: last_seen_at + config.session.idle,
  absolute: authenticated_at + config.session.max,
})

export function findTimeout(deps: Deps, session: SessionTimes) {
  const { idle, absolute } = expiresAt(deps, session)
  const at = deps.now()
  if (Math.max(session.last_seen_at, session.authenticated_at) > at + CLOCK_TOLERANCE)
    return { at, reason: 'idle' } as const
  const first =
    idle <= absolute ? ({ at: idle, reason: 'idle' } as const) : ({ at: absolute, reason: 'absolute' } as const)
  return at >= first.at ? first : undefined
}

export async function findEndedSessions(deps: Deps, ids: string[]) {
  const ended = new Map<string, EndReason>(ids.map((id) => [id, 'revoked'])) // for rows that were deleted
  for (let i = 0; i < ids.length; i += MAX_PER_QUERY) {
    const query = deps.db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select(['sessions.id', 'last_seen_at', 'authenticated_at', 'ended_reason', 'deactivated_at', 'forced_at'])
      .where('sessions.id', 'in', ids.slice(i, i + MAX_PER_QUERY))
    for (const row of await query.execute()) {
      const isLocked = row.deactivated_at !== null && row.forced_at === null
      const reason = row.ended_reason ?? (isLocked ? 'deactivated' : findTimeout(deps, row)?.reason)
      if (reason) ended.set(row.id, reason)
      else ended.delete(row.id)
    }
  }
  return ended
}

export const findActiveSessionOfSeries = (deps: Deps, seriesId: string): Promise<Session | undefined> =>
  deps.db
    .selectFrom('sessions')
    .select(sessionColumns)
    .where('series_id', '=', seriesId)
    .where(isActive(deps))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .executeTakeFirst()

/** Most recently used first. */
export const listActiveSessions = (deps: Deps, user: Pick<User, 'id'>, offset = 0): Promise<Session[]> =>
  deps.db
    .selectFrom('sessions')
    .select(sessionColumns)
    .where('user_id', '=', user.id)
    .where(isActive(deps))
    .orderBy('last_seen_at', 'desc')
    .orderBy('id')
    .offset(offset)
    .limit(MAX_LISTED)
    .execute()
