import { sendWrite } from '@db/send-write'
import type { EndReason } from '@db/session-tables'
import type { Schema } from '@db/schema'
import type { ExpressionBuilder, UpdateQueryBuilder, UpdateResult } from 'kysely'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { sha256 } from '@/lib/encoding'
import { seconds } from '@/lib/duration'
import { sessionColumns } from './columns'
import { findActiveSessionOfSeries, findTimeout, isActive, listActiveSessions } from './expiry'
import { revokeTrustOf } from '@/model/limits/known-devices'
import { recordEvent } from '@/model/security-events/security-events'
import type { Session, User } from '@/model/types'

/** For a logout that was sent before the session token was rotated. */
const LOGOUT_GRACE = seconds(10)

type EndUpdate = UpdateQueryBuilder<Schema, 'sessions', 'sessions', UpdateResult>

/**
 * The only function that ends sessions: the first reason stays, and each end is emitted once. Returns the sessions of the user
 * that it ended.
 */
const endWhere = (
  deps: Deps,
  userId: string,
  reason: EndReason,
  filter: (update: EndUpdate) => EndUpdate,
  at = deps.now(),
) =>
  inTransaction(
    deps,
    async (deps) => {
      const update = deps.db.updateTable('sessions').set({ ended_at: at, ended_reason: reason })
      const ended = await filter(update.where('user_id', '=', userId).where('ended_at', 'is', null))
        .returning(['id', 'user_id', 'series_id', 'user_agent', 'last_ip'])
        .execute()
      for (const { id, user_agent, last_ip } of ended) {
        const event = { kind: 'session-ended', userId, sessionId: id, reason } as const
        await recordEvent(deps, event, { userAgent: user_agent, ip: last_ip })
      }
      return ended
    },
    { locks: [accountLock(userId)] },
  )

/** Changes nothing if the session has ended. `at` is the end of a session that timed out earlier. */
export const endSession = (
  deps: Deps,
  { id, user_id }: Pick<Session, 'id' | 'user_id'>,
  reason: EndReason,
  at?: number,
) => endWhere(deps, user_id, reason, (sessions) => sessions.where('id', '=', id), at)

/** A condition for `where`: the session with this token, also if it was rotated a moment ago. */
const hasToken =
  ({ now }: Deps, token: string) =>
  (eb: ExpressionBuilder<Schema, 'sessions'>) =>
    eb.or([
      eb('token_hash', '=', sha256(token)),
      eb('previous_token_hash', '=', sha256(token)).and('rotated_at', '>', now() - LOGOUT_GRACE),
    ])

/** The id of the user whose session `endSessionByToken` would end, for the account lock. */
export async function findOwnerByToken(deps: Deps, token: string) {
  const session = deps.db.selectFrom('sessions').select('user_id').where(hasToken(deps, token))
  return (await session.executeTakeFirst())?.user_id
}

/** A session that has ended loses its token, so that a parallel login cannot continue it. Belongs in a transaction with the account lock. */
export async function endSessionByToken(deps: Deps, userId: string, token: string) {
  const hash = sha256(token)
  const [ended] = await endWhere(deps, userId, 'logout', (sessions) => sessions.where(hasToken(deps, token)))
  if (ended) return { ...ended, hadEnded: false }
  const endedBefore = await deps.db
    .updateTable('sessions')
    .set({ token_hash: null })
    .where('user_id', '=', userId)
    .where('token_hash', '=', hash)
    .returning(['id', 'user_id', 'series_id'])
    .executeTakeFirst()
  return endedBefore && { ...endedBefore, hadEnded: true }
}

/** Also ends the sessions of the series. */
export const endSeries = (deps: Deps, userId: string, id: string, reason: EndReason) =>
  inTransaction(
    deps,
    async (deps) => {
      const series = deps.db.updateTable('remember_series').where('id', '=', id).where('ended_at', 'is', null)
      await sendWrite(deps.db, series.set({ ended_at: deps.now(), ended_reason: reason }))
      await endWhere(deps, userId, reason, (sessions) => sessions.where('series_id', '=', id))
    },
    { locks: [accountLock(userId)] },
  )

/**
 * Ends the sessions that a code of an authenticator app opened, with their series. They do not tell which app it was.
 * Belongs in a transaction.
 */
export async function endSessionsOfApps(deps: Deps, { id }: Pick<User, 'id'>, keepSession: Pick<Session, 'id'>) {
  const ended = await endWhere(deps, id, 'revoked', (sessions) =>
    sessions.where('id', '!=', keepSession.id).where('amr', 'like', '%totp%'),
  )
  for (const { series_id } of ended) if (series_id) await endSeries(deps, id, series_id, 'revoked')
}

/** With their remember series. The session that removes the passkey stays. Belongs in a transaction with the account lock. */
export async function endSessionsOfPasskey(
  deps: Deps,
  { id }: Pick<User, 'id'>,
  passkeyId: string,
  keepSession: Pick<Session, 'id' | 'series_id'>,
) {
  const ended = await endWhere(deps, id, 'revoked', (sessions) =>
    sessions.where('passkey_id', '=', passkeyId).where('id', '!=', keepSession.id),
  )
  for (const { series_id } of ended)
    if (series_id !== null && series_id !== keepSession.series_id) await endSeries(deps, id, series_id, 'revoked')
}

/** Also ends remember series. Returns whether anything ended. Belongs in a transaction with the account lock. */
export async function endSessionsOf(
  deps: Deps,
  { id }: Pick<User, 'id'>,
  reason: EndReason,
  keepSession?: Pick<Session, 'id'>,
  keepSeriesId: string | null = null,
) {
  await endExpired(deps, id)
  await forgetSecondFactors(deps, { id })
  const ended = await endWhere(deps, id, reason, (sessions) => sessions.where('id', '!=', keepSession?.id ?? ''))
  const endedSeries = await deps.db
    .updateTable('remember_series')
    .set({ ended_at: deps.now(), ended_reason: reason })
    .where('user_id', '=', id)
    .where('id', '!=', keepSeriesId ?? '')
    .where('ended_at', 'is', null)
    .returning('id')
    .execute()
  return ended.length + endedSeries.length > 0
}

/**
 * After inactivity a session goes on with one factor, because it remembers the second one. After a change of the password or
 * of the factors, and when the user ends all sessions, it needs both again. Belongs in a transaction.
 */
export const forgetSecondFactors = (deps: Deps, { id }: Pick<User, 'id'>) =>
  sendWrite(
    deps.db,
    deps.db
      .updateTable('sessions')
      .set({ second_factor_at: null })
      .where('user_id', '=', id)
      .where('second_factor_at', 'is not', null)
      .where((eb) => eb.not(isActive(deps)(eb))),
  )

/** For a new session: ends the others of its remember series, and the least recently used ones above the cap. */
export async function enforceMaxSessions(deps: Deps, { id, user_id, series_id }: Session) {
  if (series_id)
    await endWhere(deps, user_id, 'logout', (sessions) =>
      sessions.where('series_id', '=', series_id).where('id', '!=', id),
    )
  const { activeSessions } = deps.config.rowCaps.perUser
  for (const surplus of await listActiveSessions(deps, { id: user_id }, activeSessions))
    await endSession(deps, surplus, 'revoked')
}

/** Keeps the last session of each remembered device for the session list. Belongs in a transaction with the account lock. */
export async function deleteOldEndedSessions(deps: Deps, userId: string) {
  const { perUser, deletedAtOnce } = deps.config.rowCaps
  const old = deps.db
    .selectFrom('sessions')
    .select('sessions.id')
    .where('user_id', '=', userId)
    .where((eb) => eb.not(isActive(deps)(eb)))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('remember_series')
            .select('remember_series.id')
            .whereRef('remember_series.id', '=', 'sessions.series_id')
            .where('remember_series.ended_at', 'is', null)
            .where('remember_series.expires_at', '>', deps.now())
            .where((series) =>
              series.not(
                series.exists(
                  series
                    .selectFrom('sessions as newer')
                    .select('newer.id')
                    .whereRef('newer.series_id', '=', 'sessions.series_id')
                    .whereRef('newer.created_at', '>', 'sessions.created_at'),
                ),
              ),
            ),
        ),
      ),
    )
    .orderBy(({ fn }) => fn.coalesce('sessions.ended_at', 'sessions.last_seen_at'), 'desc')
    .orderBy('sessions.id')
    .offset(perUser.endedSessions)
    .limit(deletedAtOnce)
  await sendWrite(deps.db, deps.db.deleteFrom('sessions').where('id', 'in', old))
}

/**
 * Gives sessions that timed out without a request their true reason and time, before another reason is set. Starts a
 * transaction only if there are any, so that a page which lists sessions seldom writes.
 */
export async function endExpired(deps: Deps, userId: string) {
  const sessions = await deps.db
    .selectFrom('sessions')
    .select(['id', 'last_seen_at', 'authenticated_at'])
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .execute()
  const expired = sessions.flatMap((session) => {
    const timeout = findTimeout(deps, session)
    return timeout ? [{ session, timeout }] : []
  })
  if (expired.length === 0) return
  await inTransaction(
    deps,
    async (deps) => {
      for (const { session, timeout } of expired)
        await endSession(deps, { ...session, user_id: userId }, timeout.reason, timeout.at)
    },
    { locks: [accountLock(userId)] },
  )
}

/** Also ends remember series and the trust of browsers. Returns whether a session or a series ended. */
export const revokeSessionsOf = (deps: Deps, user: Pick<User, 'id'>, by: Actor) =>
  inTransaction(
    deps,
    async (deps) => {
      await revokeTrustOf(deps, user)
      const isEnded = await endSessionsOf(deps, user, 'revoked')
      if (isEnded) await recordEvent(deps, { kind: 'sessions-revoked', userId: user.id, by })
      return isEnded
    },
    { locks: [accountLock(user.id)] },
  )

/**
 * Also ends its remember series. Returns false if the user has no active session with this id. The device may have
 * restored another session since the list was shown: then that one ends.
 */
export const endOwnSession = (deps: Deps, user: Pick<User, 'id'>, id: string) =>
  inTransaction(
    deps,
    async (deps) => {
      const [ended] = await endWhere(deps, user.id, 'revoked', (sessions) =>
        sessions.where('id', '=', id).where(isActive(deps)),
      )
      const seriesId = ended ? ended.series_id : await findRestoredSeries(deps, user, id)
      if (seriesId) await endSeries(deps, user.id, seriesId, 'revoked')
      return ended !== undefined || seriesId !== undefined
    },
    { locks: [accountLock(user.id)] },
  )

/** The session that `endOwnSession` would end. */
export async function findOwnSession(deps: Deps, user: Pick<User, 'id'>, id: string): Promise<Session | undefined> {
  const own = deps.db.selectFrom('sessions').select(sessionColumns).where('id', '=', id).where('user_id', '=', user.id)
  const active = await own.where(isActive(deps)).executeTakeFirst()
  if (active) return active
  const seriesId = (await own.executeTakeFirst())?.series_id
  return seriesId ? findActiveSessionOfSeries(deps, seriesId) : undefined
}

async function findRestoredSeries(deps: Deps, user: Pick<User, 'id'>, id: string) {
  const own = deps.db.selectFrom('sessions').select('series_id').where('id', '=', id).where('user_id', '=', user.id)
  const seriesId = (await own.executeTakeFirst())?.series_id
  return seriesId && (await findActiveSessionOfSeries(deps, seriesId)) ? seriesId : undefined
}
