import type { EndReason, Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import type { Session, User } from '@/model/types'

const MOST_ASKED = 500 // parameters of one query
const MOST_LISTED = 1000 // twenty times as many as one may have

/**
 * How far the clock may be set back before sessions that were used later than it says are over: how long they have really
 * been idle nobody knows then. Less than that is the network's time at work, and logs nobody out.
 */
export const SET_BACK = minutes(1)

/** For a `where`: neither ended by somebody nor, by now, by itself. */
export const isLive =
  ({ now, config }: Deps) =>
  (its: ExpressionBuilder<Schema, 'sessions'>) =>
    its.and([
      its('ended_at', 'is', null),
      its('seen_at', '>', now() - config.session.idle),
      its('started_at', '>', now() - config.session.max),
      its('seen_at', '<=', now() + SET_BACK),
      its('started_at', '<=', now() + SET_BACK),
    ])

type Clocked = Pick<Session, 'seen_at' | 'started_at'>

/** When this session ends by each of its two clocks, unless it slides. */
export const findEnds = ({ config }: Deps, { seen_at, started_at }: Clocked) => ({
  idle: seen_at + config.session.idle,
  absolute: started_at + config.session.max,
})

/** When and by which of its two clocks this session ended; undefined while both run. */
export function findTimeout(deps: Deps, session: Clocked) {
  const { idle, absolute } = findEnds(deps, session)
  const at = deps.now()
  if (Math.max(session.seen_at, session.started_at) > at + SET_BACK) return { at, reason: 'idle' } as const
  const first =
    idle <= absolute ? ({ at: idle, reason: 'idle' } as const) : ({ at: absolute, reason: 'absolute' } as const)
  return at >= first.at ? first : undefined
}

/** Which of these sessions are over, and why. */
export async function findEnded(deps: Deps, ids: string[]) {
  const ended = new Map<string, EndReason>(ids.map((id) => [id, 'revoked'])) // one that is not there at all is over, too
  for (let i = 0; i < ids.length; i += MOST_ASKED) {
    const some = deps.db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select(['sessions.id', 'seen_at', 'started_at', 'ended_reason', 'deactivated_at', 'forced_at'])
      .where('sessions.id', 'in', ids.slice(i, i + MOST_ASKED))
    for (const row of await some.execute()) {
      const isShut = row.deactivated_at !== null && row.forced_at === null
      const reason = row.ended_reason ?? (isShut ? 'deactivated' : findTimeout(deps, row)?.reason)
      if (reason) ended.set(row.id, reason)
      else ended.delete(row.id)
    }
  }
  return ended
}

/** The live session that this series started last, or undefined. */
export const findSessionOfSeries = (deps: Deps, seriesId: string): Promise<Session | undefined> =>
  deps.db
    .selectFrom('sessions')
    .selectAll()
    .where('series_id', '=', seriesId)
    .where(isLive(deps))
    .orderBy('created_at', 'desc')
    .executeTakeFirst()

/** How many live sessions the user has. */
export async function countSessionsOf(deps: Deps, user: Pick<User, 'id'>) {
  const live = deps.db.selectFrom('sessions').where('user_id', '=', user.id).where(isLive(deps))
  return Number((await live.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow()).n)
}

/** The user's live sessions, the one used last first; without so many of them. */
export function listSessionsOf(deps: Deps, user: Pick<User, 'id'>, without = 0): Promise<Session[]> {
  const live = deps.db.selectFrom('sessions').selectAll().where('user_id', '=', user.id).where(isLive(deps))
  return live.orderBy('seen_at', 'desc').orderBy('id').offset(without).limit(MOST_LISTED).execute()
}
