import type { EndReason } from '@db/schema'
import { inTransaction, type Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { findEnds, listSessionsOf } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import { endOwnSession, endSeries, endSessionsOf, endTimedOut } from './end'
import type { Client, Session, User } from '@/model/types'

/** How long an ended session is still listed. */
const TOLD_FOR = days(30)
const MOST_ENDED = 100

type Owner = Pick<User, 'id'>

/** A session that lives, and when it ends by each of its clocks. */
export type LiveSession = Session & { ends: ReturnType<typeof findEnds> }

/** The last session of a remembered device on which nobody is logged in just now. */
export type RestingSession = Session & { remembered_until: number }

/** A session that is over, and why. */
export type EndedSession = Session & { ended_at: number; ended_reason: EndReason }

/**
 * Where the user is logged in: the live sessions; the remembered devices that have none just now, each as its last session
 * was; and what ended in the last thirty days.
 */
export const listDevices = (deps: Deps, user: Owner) =>
  inTransaction(deps, async (deps) => {
    await endTimedOut(deps, user.id)
    const live = (await listSessionsOf(deps, user)).map((session) => ({ ...session, ends: findEnds(deps, session) }))
    const resting = await listResting(deps, user)
    const seen = new Set(resting.map(({ id }) => id))
    return { live, resting, ended: (await listEnded(deps, user)).filter(({ id }) => !seen.has(id)) }
  })

function listResting(deps: Deps, { id }: Owner): Promise<RestingSession[]> {
  const latest = deps.db
    .selectFrom('sessions')
    .innerJoin('remember_series', 'remember_series.id', 'sessions.series_id')
    .selectAll('sessions')
    .select('remember_series.expires_at as remembered_until')
    .where('sessions.user_id', '=', id)
    .where('remember_series.ended_at', 'is', null)
    .where('remember_series.expires_at', '>', deps.now())
    .where('sessions.ended_at', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('sessions as newer')
            .select('newer.id')
            .whereRef('newer.series_id', '=', 'sessions.series_id')
            .whereRef('newer.created_at', '>', 'sessions.created_at'),
        ),
      ),
    )
  return latest.orderBy('sessions.seen_at', 'desc').orderBy('sessions.id').execute()
}

async function listEnded({ db, now }: Deps, { id }: Owner): Promise<EndedSession[]> {
  const ended = db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', id)
    .where('ended_at', '>', now() - TOLD_FOR)
  const rows = await ended.orderBy('ended_at', 'desc').orderBy('id').limit(MOST_ENDED).execute()
  return rows.flatMap(({ ended_at, ended_reason, ...session }) =>
    ended_at === null || ended_reason === null ? [] : [{ ...session, ended_at, ended_reason }],
  )
}

/** Ends one of the user's own sessions, live or only remembered. False where there is none: not theirs, or over before. */
export const endDevice = (deps: Deps, user: Owner, id: string) =>
  inTransaction(deps, async (deps) => {
    await endTimedOut(deps, user.id) // its session may have run out since it was listed
    if (await endOwnSession(deps, user, id)) return true
    const resting = (await listResting(deps, user)).find((session) => session.id === id)
    if (!resting?.series_id) return false
    await endSeries(deps, resting.series_id, 'revoked')
    await recordEvent(
      deps,
      { kind: 'device-forgotten', userId: user.id, sessionId: id },
      { userAgent: resting.user_agent, address: resting.last_address },
    )
    return true
  })

/** Ends all the user's sessions and remembered devices but this one. */
export const endOtherDevices = (deps: Deps, user: Owner, kept: Session, client?: Client) =>
  inTransaction(deps, async (deps) => {
    if (await endSessionsOf(deps, user, 'revoked', kept, kept.series_id))
      await recordEvent(deps, { kind: 'sessions-revoked', userId: user.id, by: user.id }, client)
  })
