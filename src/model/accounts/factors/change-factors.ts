import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'
import { revokeApiTokensOf } from '@/model/api-tokens/api-tokens'
import { unlockCodes } from '@/model/limits/code-attempts'
import { revokeTrustOf } from '@/model/limits/known-devices'
import { deletePendingLoginsOf } from '@/model/pending-logins/pending-logins'
import { endSessionsOf } from '@/model/sessions/end-all'
import { forgetSecondFactors } from '@/model/sessions/end-by-factor'
import type { Session, User } from '@/model/types'

export type FactorChange =
  | 'two-step-on'
  | 'two-step-off'
  | 'factor-added'
  | 'factor-removed'
  | 'codes-replaced'
  /** By an administrator, the command line or the delayed reset. */
  | 'factors-reset'

type ChangeOptions = {
  /** The session that makes the change. It stays; the caller gives it a new token. */
  session?: Pick<Session, 'id' | 'series_id'>
  /** The user asked to log out all other sessions. */
  everywhere?: boolean
}

/**
 * Ends the access that a change of second factors makes invalid. Call it in the transaction of the change. Sessions that a
 * removed passkey opened end where it is removed.
 */
export async function changeFactors(
  deps: Deps,
  user: Pick<User, 'id'>,
  change: FactorChange,
  { session, everywhere = false }: ChangeOptions = {},
) {
  requireLock(deps, accountLock(user.id))
  await deps.db
    .updateTable('users')
    .set(({ eb }) => ({ factors_version: eb('factors_version', '+', 1) }))
    .where('id', '=', user.id)
    .execute()
  await revokeTrustOf(deps, user)
  await deletePendingLoginsOf(deps, user)
  await forgetSecondFactors(deps, user)
  if (change === 'factors-reset') {
    await endSessionsOf(deps, user, 'revoked')
    await revokeApiTokensOf(deps, user)
    await unlockCodes(deps, user)
  }
  if (change === 'two-step-on') await endSessionsOf(deps, user, 'factors', session, session?.series_id)
  else if (everywhere) await endSessionsOf(deps, user, 'revoked', session, session?.series_id)
}
