import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { sessionColumns } from './columns'
import { findActiveSessionOfSeries, isActive } from './expiry'
import type { Session, User } from '@/model/types'
import { endWhere, endSeries } from './end'

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
