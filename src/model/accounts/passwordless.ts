import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'
import { CODES_PER_SET } from '@/lib/recovery-code-format'
import { revokeApiTokensOf } from '@/model/api-tokens/api-tokens'
import { unlockCodes } from '@/model/limits/code-attempts'
import { revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import { isUsableAlone } from '@/model/passkeys/passkeys'
import { keepPreviousHash } from '@/model/passwords/previous-hashes'
import { recordEvent } from '@/model/security-events/security-events'
import { endSessionsOf } from '@/model/sessions/end-all'
import type { Client, Session, User } from '@/model/types'
import { endWithPassword } from './change-password'
import { waysToLogIn } from './factors/ways-to-log-in'

// Accounts without a password: their users log in with a passkey.

type PasswordContext = { session: Session; client: Client }

export const hasPassword = async (deps: Deps, user: Pick<User, 'id'>) => (await waysToLogIn(deps, user)).hasPassword

/** Returns false if the user has a password by now. Belongs in the transaction that gives the session a new token. */
export async function setPassword(deps: Deps, user: User, password_hash: string, context: PasswordContext) {
  const set = await deps.db
    .updateTable('users')
    .set({ password_hash, password_changed_at: deps.now(), password_version: user.password_version + 1 })
    .where('id', '=', user.id)
    .where('password_version', '=', user.password_version)
    .where('password_hash', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!set) return false
  await endOtherAccess(deps, user, context)
  await recordEvent(deps, { kind: 'password-set', userId: user.id }, context.client)
  return true
}

/** The step that the user must take before the password can be removed. */
export type PasswordRemovalHindrance = 'no-password' | 'no-passkey' | 'no-recovery'

export async function findRemovalHindrance(deps: Deps, user: User): Promise<PasswordRemovalHindrance | undefined> {
  const row = await deps.db
    .selectFrom('users')
    .select(({ eb }) => [
      eb('password_hash', 'is not', null).as('hasPassword'),
      hasUsedPasskey(deps, user)(eb).as('hasPasskey'),
      canRecover(user)(eb).as('canRecover'),
    ])
    .where('id', '=', user.id)
    .executeTakeFirst()
  if (!row?.hasPassword) return 'no-password'
  if (!row.hasPasskey) return 'no-passkey'
  return row.canRecover ? undefined : 'no-recovery'
}

type Users = ExpressionBuilder<Schema, 'users'>

/** A passkey that was never used may not work: the browser may have stored it nowhere. */
const hasUsedPasskey =
  (deps: Deps, { id }: Pick<User, 'id'>) =>
  ({ exists, selectFrom }: Users) =>
    exists(
      selectFrom('passkeys')
        .select('passkeys.id')
        .where('user_id', '=', id)
        .where(isUsableAlone(deps))
        .where('last_login_at', 'is not', null),
    )

const canRecover =
  ({ id }: Pick<User, 'id'>) =>
  ({ eb, or, selectFrom }: Users) =>
    or([
      eb('email_verified_at', 'is not', null),
      eb(
        selectFrom('recovery_codes')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .where('user_id', '=', id)
          .where('is_active', '=', 1)
          .where('used_at', 'is', null),
        '>=',
        CODES_PER_SET, // a whole set, of which none was used
      ),
    ])

/** Returns false if `findRemovalHindrance` finds one by now. Belongs in the transaction that gives the session a new token. */
export async function removePassword(deps: Deps, user: User, context: PasswordContext) {
  requireLock(deps, accountLock(user.id)) // else a parallel request removes the last passkey
  await keepPreviousHash(deps, user)
  const removed = await deps.db
    .updateTable('users')
    .set({ password_hash: null, password_changed_at: deps.now(), password_version: user.password_version + 1 })
    .where('id', '=', user.id)
    .where('password_version', '=', user.password_version)
    .where('password_hash', 'is not', null)
    .where(hasUsedPasskey(deps, user))
    .where(canRecover(user))
    .returning('id')
    .executeTakeFirst()
  if (!removed) return false
  await endOtherAccess(deps, user, context)
  await recordEvent(deps, { kind: 'password-removed', userId: user.id }, context.client)
  return true
}

/** As after a change of the password. This browser stays remembered. */
async function endOtherAccess(deps: Deps, user: User, { session }: PasswordContext) {
  await endSessionsOf(deps, user, 'password', session, session.series_id)
  await revokeApiTokensOf(deps, user)
  await endWithPassword(deps, user)
  await unlockCodes(deps, user)
  await revokeOneTimeTokensOf(deps, user, ['reset-password', 'login-code'])
}
