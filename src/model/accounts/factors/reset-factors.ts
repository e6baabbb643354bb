import type { Deps } from '@/deps/deps'
import type { Actor } from '@/deps/events'
import { accountLock, secondFactorLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { deleteFactorReset } from '@/model/factor-resets/factor-resets'
import { isMailOn } from '@/model/mails/request-mail'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, User } from '@/model/types'
import { changeFactors } from './change-factors'
import { waysToLogIn } from './ways-to-log-in'

const TABLES = ['passkeys', 'authenticator_apps', 'recovery_codes'] as const

/** Also unconfirmed ones. */
export async function hasFactors({ db }: Deps, { id }: Pick<User, 'id'>) {
  const owned = (table: (typeof TABLES)[number]) => db.selectFrom(table).select('id').where('user_id', '=', id).limit(1)
  for (const table of TABLES) if (await owned(table).executeTakeFirst()) return true
  return false
}

/** All second factors, and all sessions and API tokens. The password stays. Belongs in a transaction. */
export async function deleteFactors(deps: Deps, { id }: Pick<User, 'id'>) {
  for (const table of TABLES) await deps.db.deleteFrom(table).where('user_id', '=', id).execute()
  await deps.db
    .updateTable('users')
    .set({ two_step_enabled_at: null, two_step_setup_at: null })
    .where('id', '=', id)
    .execute()
  await changeFactors(deps, { id }, 'factors-reset')
}

/** Without a password only mail can set one, so the reset would leave no way to log in. */
export const wouldLockOut = async (deps: Deps, user: Pick<User, 'id'>) =>
  !isMailOn(deps) && !(await waysToLogIn(deps, user)).hasPassword

const factorLocks = ({ id }: Pick<User, 'id'>) => [secondFactorLock(id), accountLock(id)]

/** For an admin or the command line. `locked-out`: nothing was changed. */
export function resetFactorsOf(deps: Deps, user: Pick<User, 'id'>, by: Actor) {
  const reset = async (deps: Deps) => {
    if (await wouldLockOut(deps, user)) return 'locked-out'
    await resetFactors(deps, user, by)
    return (await waysToLogIn(deps, user)).hasPassword ? 'reset' : 'reset-without-password'
  }
  return inTransaction(deps, reset, { locks: factorLocks(user) })
}

/**
 * For an admin, the command line or the delayed reset (`by` is `delayed`). The recovery hold starts: an attacker who came this
 * far must not take the rest of the account at once.
 */
export function resetFactors(deps: Deps, user: Pick<User, 'id'>, by: Actor, client?: Client) {
  const reset = async (deps: Deps) => {
    await deleteFactors(deps, user)
    await deps.db.updateTable('users').set({ recovered_at: deps.now() }).where('id', '=', user.id).execute()
    await deleteFactorReset(deps, user) // its links end by the foreign key
    await recordEvent(deps, { kind: 'factors-reset', userId: user.id, by }, client)
  }
  return inTransaction(deps, reset, { locks: factorLocks(user) })
}
