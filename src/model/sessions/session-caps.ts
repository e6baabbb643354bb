import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { isActive, listActiveSessions } from './expiry'
import type { Session } from '@/model/types'
import { endWhere, endSession } from './end'

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
