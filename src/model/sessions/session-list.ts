import type { EndReason } from '@db/session-tables'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { sessionColumns } from './columns'
import { expiresAt, listActiveSessions, type SessionExpiry } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import { endSeries, endExpired } from './end'
import { endSessionsOf } from './end-all'
import { endOwnSession, findOwnSession } from './own-session'
import { revokeTrustOf } from '@/model/limits/known-devices'
import type { Client, Session, User } from '@/model/types'

const ENDED_LISTED_FOR = days(30)
const MAX_ENDED_LISTED = 100

type Owner = Pick<User, 'id'>

export type ActiveSession = Session & { expiresAt: SessionExpiry }

/** The last session of a remember series that has no active session. */
export type RememberedDevice = Session & { remembered_until: number }

export type EndedSession = Session & { ended_at: number; ended_reason: EndReason }

type SessionList = { active: ActiveSession[]; remembered: RememberedDevice[]; ended: EndedSession[] }

export async function listSessions(deps: Deps, user: Owner): Promise<SessionList> {
  await endExpired(deps, user.id)
  const active = (await listActiveSessions(deps, user)).map((session) => ({
    ...session,
    expiresAt: expiresAt(deps, session),
  }))
  const remembered = await listRememberedDevices(deps, user)
  const rememberedIds = new Set(remembered.map(({ id }) => id))
  const ended = (await listEnded(deps, user)).filter(({ id }) => !rememberedIds.has(id))
  return { active, remembered, ended }
}

function listRememberedDevices(deps: Deps, { id }: Owner): Promise<RememberedDevice[]> {
  return deps.db
    .selectFrom('sessions')
    .innerJoin('remember_series', 'remember_series.id', 'sessions.series_id')
    .select(sessionColumns)
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
    .orderBy('sessions.last_seen_at', 'desc')
    .orderBy('sessions.id')
    .execute()
}

async function listEnded({ db, now }: Deps, { id }: Owner): Promise<EndedSession[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(sessionColumns)
    .select(['ended_at', 'ended_reason'])
    .where('user_id', '=', id)
    .where('ended_at', '>', now() - ENDED_LISTED_FOR)
    .orderBy('ended_at', 'desc')
    .orderBy('id')
    .limit(MAX_ENDED_LISTED)
    .execute()
  return rows.flatMap(({ ended_at, ended_reason, ...session }) =>
    ended_at === null || ended_reason === null ? [] : [{ ...session, ended_at, ended_reason }],
  )
}

/** The session or device that `endSessionOrDevice` would end. Undefined if that would return false. */
export async function findSessionOrDevice(
  deps: Deps,
  user: Owner,
  id: string,
): Promise<Session | RememberedDevice | undefined> {
  await endExpired(deps, user.id)
  return (
    (await findOwnSession(deps, user, id)) ??
    (await listRememberedDevices(deps, user)).find((session) => session.id === id)
  )
}

/** Returns false if the user has no active session and no remembered device with this session id. */
export const endSessionOrDevice = (deps: Deps, user: Owner, id: string) =>
  inTransaction(
    deps,
    async (deps) => {
      await endExpired(deps, user.id) // the session may have expired since it was listed
      if (await endOwnSession(deps, user, id)) return true
      const remembered = (await listRememberedDevices(deps, user)).find((session) => session.id === id)
      if (!remembered?.series_id) return false
      await endSeries(deps, user.id, remembered.series_id, 'revoked')
      await recordEvent(
        deps,
        { kind: 'device-revoked', userId: user.id, sessionId: id },
        { userAgent: remembered.user_agent, ip: remembered.last_ip },
      )
      return true
    },
    { locks: [accountLock(user.id)] },
  )

/** Also ends remember series and the trust of other browsers. */
export const endOtherSessions = (deps: Deps, user: Owner, current: Session, client?: Client) =>
  inTransaction(
    deps,
    async (deps) => {
      await revokeTrustOf(deps, user, client?.deviceToken)
      if (await endSessionsOf(deps, user, 'revoked', current, current.series_id))
        await recordEvent(deps, { kind: 'sessions-revoked', userId: user.id, by: user.id }, client)
    },
    { locks: [accountLock(user.id)] },
  )
