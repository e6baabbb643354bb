import type { EndReason, Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import type { Session, User } from '@/model/types'

const MAX_PER_QUERY = 500 // parameters of one query
const MAX_LISTED = 1000 // twenty times as many as one may have

/**
 * How far the clock may be set back before sessions that were used later than it says are over: how long they have really
 * been idle nobody knows then. Less than that is the network's time at work, and logs nobody out.
 */
export const CLOCK_TOLERANCE = minutes(1)

/** For a `where`: neither ended by somebody nor, by now, by itself. */
export const isActive =
  ({ now, config }: Deps) =>
  (its: ExpressionBuilder<Schema, 'sessions'>) =>
    its.and([
      its('ended_at', 'is', null),
      its('last_seen_at', '>', now() - config.session.idle),
      its('authenticated_at', '>', now() - config.session.max),
      its('last_seen_at', '<=', now() + CLOCK_TOLERANCE),
      its('authenticated_at', '<=', now() + CLOCK_TOLERANCE),
    ])

type SessionTimes = Pick<Session, 'last_seen_at' | 'authenticated_at'>

/** When this session ends by each of its two clocks, unless it slides. */
export const expiresAt = ({ config }: Deps, { last_seen_at, authenticated_at }: SessionTimes) => ({
  idle: last_seen_at + config.session.idle,
  absolute: authenticated_at + config.session.max,
})

/** When and by which of its two clocks this session ended; undefined while both run. */
export function findTimeout(deps: Deps, session: SessionTimes) {
  const { idle, absolute } = expiresAt(deps, session)
  const at = deps.now()
  if (Math.max(session.last_seen_at, session.authenticated_at) > at + CLOCK_TOLERANCE)
    return { at, reason: 'idle' } as const
  const first =
    idle <= absolute ? ({ at: idle, reason: 'idle' } as const) : ({ at: absolute, reason: 'absolute' } as const)
  return at >= first.at ? first : undefined
}

/** Which of these sessions are over, and why. */
export async function findEndedSessions(deps: Deps, ids: string[]) {
  const ended = new Map<string, EndReason>(ids.map((id) => [id, 'revoked'])) // one that is not there at all is over, too
  for (let i = 0; i < ids.length; i += MAX_PER_QUERY) {
    const some = deps.db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select(['sessions.id', 'last_seen_at', 'authenticated_at', 'ended_reason', 'deactivated_at', 'forced_at'])
      .where('sessions.id', 'in', ids.slice(i, i + MAX_PER_QUERY))
    for (const row of await some.execute()) {
      const isLocked = row.deactivated_at !== null && row.forced_at === null
      const reason = row.ended_reason ?? (isLocked ? 'deactivated' : findTimeout(deps, row)?.reason)
      if (reason) ended.set(row.id, reason)
      else ended.delete(row.id)
    }
  }
  return ended
}

/** The live session that this series started last, or undefined. */
export const findActiveSessionOfSeries = (deps: Deps, seriesId: string): Promise<Session | undefined> =>
  deps.db
    .selectFrom('sessions')
    .selectAll()
    .where('series_id', '=', seriesId)
    .where(isActive(deps))
    .orderBy('created_at', 'desc')
    .executeTakeFirst()

/** How many live sessions the user has. */
export async function countActiveSessions(deps: Deps, user: Pick<User, 'id'>) {
  const live = deps.db.selectFrom('sessions').where('user_id', '=', user.id).where(isActive(deps))
  return Number((await live.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow()).n)
}

/** The user's live sessions, the one used last first; without so many of them. */
export function listActiveSessions(deps: Deps, user: Pick<User, 'id'>, without = 0): Promise<Session[]> {
  const live = deps.db.selectFrom('sessions').selectAll().where('user_id', '=', user.id).where(isActive(deps))
  return live.orderBy('last_seen_at', 'desc').orderBy('id').offset(without).limit(MAX_LISTED).execute()
}
