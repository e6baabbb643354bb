import type { EndReason, Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps'
import type { Session } from './sessions'
import type { User } from './users'

const MOST_ASKED = 500 // parameters of one query

/** For a `where`: neither ended by somebody nor, by now, by itself. */
export const isLive =
  ({ now, config }: Deps) =>
  (its: ExpressionBuilder<Schema, 'sessions'>) =>
    its.and([
      its('ended_at', 'is', null),
      its('seen_at', '>', now() - config.session.idle),
      its('started_at', '>', now() - config.session.max),
    ])

/** When and by which of its two clocks this session ended; undefined while both run. */
export function findTimeout({ now, config }: Deps, { seen_at, started_at }: Pick<Session, 'seen_at' | 'started_at'>) {
  const idle = { at: seen_at + config.session.idle, reason: 'idle' } as const
  const absolute = { at: started_at + config.session.max, reason: 'absolute' } as const
  const first = idle.at <= absolute.at ? idle : absolute
  return now() >= first.at ? first : undefined
}

/** How long this session still lasts by each of its two clocks, in milliseconds; 0 where it is over. */
export const findTimeLeft = (
  { now, config }: Deps,
  { seen_at, started_at }: Pick<Session, 'seen_at' | 'started_at'>,
) => ({
  idle: Math.max(0, seen_at + config.session.idle - now()),
  absolute: Math.max(0, started_at + config.session.max - now()),
})

/** Which of these sessions are over, and why. */
export async function findEnded(deps: Deps, ids: string[]) {
  const ended = new Map<string, EndReason>()
  for (let i = 0; i < ids.length; i += MOST_ASKED) {
    const some = deps.db.selectFrom('sessions').select(['id', 'seen_at', 'started_at', 'ended_reason'])
    for (const row of await some.where('id', 'in', ids.slice(i, i + MOST_ASKED)).execute()) {
      const reason = row.ended_reason ?? findTimeout(deps, row)?.reason
      if (reason) ended.set(row.id, reason)
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

/** The user's live sessions, the one used last first. */
export const listSessionsOf = (deps: Deps, user: Pick<User, 'id'>): Promise<Session[]> =>
  deps.db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', user.id)
    .where(isLive(deps))
    .orderBy('seen_at', 'desc')
    .orderBy('id')
    .execute()
