import type { EndReason } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { expiresAt, listActiveSessions } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import { endOwnSession, endSeries, endSessionsOf, endExpired } from './end'
import type { Client, Session, User } from '@/model/types'

/** How long an ended session is still listed. */
const ENDED_LISTED_FOR = days(30)
const MAX_ENDED_LISTED = 100

type Owner = Pick<User, 'id'>

/** A session that lives, and when it ends by each of its clocks. */
export type ActiveSession = Session & { expiresAt: ReturnType<typeof expiresAt> }

/** The last session of a remembered device on which nobody is logged in just now. */
export type RememberedDevice = Session & { remembered_until: number }

/** A session that is over, and why. */
export type EndedSession = Session & { ended_at: number; ended_reason: EndReason }

/**
 * Where the user is logged in: the live sessions; the remembered devices that have none just now, each as its last session
 * was; and what ended in the last thirty days.
 */
export const listSessions = (deps: Deps, user: Owner) =>
  inTransaction(deps, async (deps) => {
    await endExpired(deps, user.id)
    const active = (await listActiveSessions(deps, user)).map((session) => ({
      ...session,
      expiresAt: expiresAt(deps, session),
    }))
    const remembered = await listRememberedDevices(deps, user)
    const seen = new Set(remembered.map(({ id }) => id))
    return { active, remembered, ended: (await listEnded(deps, user)).filter(({ id }) => !seen.has(id)) }
  })

function listRememberedDevices(deps: Deps, { id }: Owner): Promise<RememberedDevice[]> {
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
  return latest.orderBy('sessions.last_seen_at', 'desc').orderBy('sessions.id').execute()
}

async function listEnded({ db, now }: Deps, { id }: Owner): Promise<EndedSession[]> {
  const ended = db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', id)
    .where('ended_at', '>', now() - ENDED_LISTED_FOR)
  const rows = await ended.orderBy('ended_at', 'desc').orderBy('id').limit(MAX_ENDED_LISTED).execute()
  return rows.flatMap(({ ended_at, ended_reason, ...session }) =>
    ended_at === null || ended_reason === null ? [] : [{ ...session, ended_at, ended_reason }],
  )
}

/** Ends one of the user's own sessions, live or only remembered. False where there is none: not theirs, or over before. */
export const endSessionOrDevice = (deps: Deps, user: Owner, id: string) =>
  inTransaction(deps, async (deps) => {
    await endExpired(deps, user.id) // its session may have run out since it was listed
    if (await endOwnSession(deps, user, id)) return true
    const remembered = (await listRememberedDevices(deps, user)).find((session) => session.id === id)
    if (!remembered?.series_id) return false
    await endSeries(deps, remembered.series_id, 'revoked')
    await recordEvent(
      deps,
      { kind: 'device-revoked', userId: user.id, sessionId: id },
      { userAgent: remembered.user_agent, ip: remembered.last_ip },
    )
    return true
  })

/** Ends all the user's sessions and remembered devices but this one. */
export const endOtherSessions = (deps: Deps, user: Owner, kept: Session, client?: Client) =>
  inTransaction(deps, async (deps) => {
    if (await endSessionsOf(deps, user, 'revoked', kept, kept.series_id))
      await recordEvent(deps, { kind: 'sessions-revoked', userId: user.id, by: user.id }, client)
  })
