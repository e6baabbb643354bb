import type { EndReason } from '@db/session-tables'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { revokeTrustOf } from '@/model/limits/known-devices'
import { recordEvent } from '@/model/security-events/security-events'
import type { Session, User } from '@/model/types'
import { endWhere, endExpired } from './end'
import { forgetSecondFactors } from './end-by-factor'

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
