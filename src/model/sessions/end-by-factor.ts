import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { isActive } from './expiry'
import type { Session, User } from '@/model/types'
import { endWhere, endSeries } from './end'

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

/**
 * Sessions of the user forget their second factor, so that the next re-login asks for both. After inactivity alone, a
 * re-login asks for one. Call it when the password or the factors change, and when the user ends all sessions. Belongs in a
 * transaction.
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
