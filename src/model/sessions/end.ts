import type { EndReason, Schema } from '@db/schema'
import type { UpdateQueryBuilder, UpdateResult } from 'kysely'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { sha256 } from '@/lib/encoding'
import { seconds } from '@/lib/duration'
import { findTimeout, isActive, listActiveSessions } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import type { Session, User } from '@/model/types'

/** How long a logout may take to arrive: a token that was replaced longer ago ends nobody's session. */
const LOGOUT_GRACE = seconds(10)

type EndUpdate = UpdateQueryBuilder<Schema, 'sessions', 'sessions', UpdateResult>

/** The one way in which sessions end: the first reason stays, and each end is told once. Hands back those that ended now. */
const endWhere = (deps: Deps, reason: EndReason, which: (ending: EndUpdate) => EndUpdate, at = deps.now()) =>
  inTransaction(deps, async (deps) => {
    const ending = deps.db.updateTable('sessions').set({ ended_at: at, ended_reason: reason })
    const told = ['id', 'user_id', 'series_id', 'user_agent', 'last_ip'] as const
    const ended = await which(ending.where('ended_at', 'is', null))
      .returning(told)
      .execute()
    for (const { id, user_id, user_agent, last_ip } of ended) {
      const event = { kind: 'session-ended', userId: user_id, sessionId: id, reason } as const
      await recordEvent(deps, event, { userAgent: user_agent, ip: last_ip })
    }
    return ended
  })

/** Ends a session, unless it has ended already. `at` tells when, where that was earlier. */
export const endSession = (deps: Deps, { id }: Pick<Session, 'id'>, reason: EndReason, at?: number) =>
  endWhere(deps, reason, (sessions) => sessions.where('id', '=', id), at)

/**
 * Logs a token out: ends its session, or the one that took its place while the logout was on its way, and hands it back.
 * A session that had ended before no longer says whose it was, and no login that is still on its way can follow it.
 */
export async function endSessionByToken(deps: Deps, token: string) {
  const hash = sha256(token)
  const [ended] = await endWhere(deps, 'logout', (sessions) =>
    sessions.where((its) =>
      its.or([
        its('token_hash', '=', hash),
        its('previous_token_hash', '=', hash).and('rotated_at', '>', deps.now() - LOGOUT_GRACE),
      ]),
    ),
  )
  if (ended) return { ...ended, hadEnded: false }
  const forgotten = deps.db.updateTable('sessions').set({ token_hash: null }).where('token_hash', '=', hash)
  const known = await forgotten.returning(['id', 'user_id', 'series_id']).executeTakeFirst()
  return known && { ...known, hadEnded: true }
}

/** Ends a remember series and every session that belongs to it. */
export async function endSeries(deps: Deps, id: string, reason: EndReason) {
  const series = deps.db.updateTable('remember_series').set({ ended_at: deps.now(), ended_reason: reason })
  await series.where('id', '=', id).where('ended_at', 'is', null).execute()
  await endWhere(deps, reason, (sessions) => sessions.where('series_id', '=', id))
}

/**
 * Ends all the user's sessions and remember series, but the session and the series to keep: whether there were any. Belongs
 * in a transaction.
 */
export async function endSessionsOf(
  deps: Deps,
  { id }: Pick<User, 'id'>,
  reason: EndReason,
  kept?: Pick<Session, 'id'>,
  keptSeries: string | null = null,
) {
  await endExpired(deps, id)
  const ended = await endWhere(deps, reason, (sessions) =>
    sessions.where('user_id', '=', id).where('id', '!=', kept?.id ?? ''),
  )
  const series = deps.db.updateTable('remember_series').set({ ended_at: deps.now(), ended_reason: reason })
  const others = series.where('user_id', '=', id).where('id', '!=', keptSeries ?? '')
  const forgotten = await others.where('ended_at', 'is', null).returning('id').execute()
  return ended.length + forgotten.length > 0
}

/** A device has one live session, this new one; and of all that the user has, those that were used last stay. */
export async function enforceMaxSessions(deps: Deps, { id, user_id, series_id }: Session) {
  if (series_id)
    await endWhere(deps, 'logout', (sessions) => sessions.where('series_id', '=', series_id).where('id', '!=', id))
  const { activeSessions } = deps.config.rowCaps.perUser
  for (const old of await listActiveSessions(deps, { id: user_id }, activeSessions))
    await endSession(deps, old, 'revoked')
}

/**
 * Deletes all but the user's newest ended sessions, also those that timed out without a request. The last session of an
 * active remember series stays: the session list shows the remembered device by it. Belongs in a transaction.
 */
export async function deleteOldEndedSessions(deps: Deps, userId: string) {
  const { perUser, deletedAtOnce } = deps.config.rowCaps
  const old = deps.db
    .selectFrom('sessions')
    .select('sessions.id')
    .where('user_id', '=', userId)
    .where((its) => its.not(isActive(deps)(its)))
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
  await deps.db.deleteFrom('sessions').where('id', 'in', old).execute()
}

/** What ran out unseen ended then, and of that: no later hand ended it. */
export async function endExpired(deps: Deps, userId: string) {
  const open = deps.db
    .selectFrom('sessions')
    .select(['id', 'last_seen_at', 'authenticated_at'])
    .where('user_id', '=', userId)
  for (const session of await open.where('ended_at', 'is', null).execute()) {
    const timeout = findTimeout(deps, session)
    if (timeout) await endSession(deps, session, timeout.reason, timeout.at)
  }
}

/** Ends all the user's sessions and remember series by somebody's hand. */
export const revokeSessionsOf = (deps: Deps, user: Pick<User, 'id'>, by: Actor) =>
  inTransaction(deps, async (deps) => {
    if (await endSessionsOf(deps, user, 'revoked'))
      await recordEvent(deps, { kind: 'sessions-revoked', userId: user.id, by })
  })

/**
 * Ends one of the user's own sessions, and the remember series that would bring it back. False where there is none: not
 * theirs, ended or timed out.
 */
export const endOwnSession = (deps: Deps, user: Pick<User, 'id'>, id: string) =>
  inTransaction(deps, async (deps) => {
    const [ended] = await endWhere(deps, 'revoked', (sessions) =>
      sessions.where('id', '=', id).where('user_id', '=', user.id).where(isActive(deps)),
    )
    if (ended?.series_id) await endSeries(deps, ended.series_id, 'revoked')
    return ended !== undefined
  })
