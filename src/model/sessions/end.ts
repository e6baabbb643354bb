import { sendWrite } from '@db/send-write'
import type { EndReason } from '@db/session-tables'
import type { Schema } from '@db/schema'
import type { UpdateQueryBuilder, UpdateResult } from 'kysely'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { findTimeout } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import type { Session } from '@/model/types'

type EndUpdate = UpdateQueryBuilder<Schema, 'sessions', 'sessions', UpdateResult>

/**
 * The only function that ends sessions: the first reason stays, and each end is emitted once. Returns the sessions of the user
 * that it ended.
 */
export const endWhere = (
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
