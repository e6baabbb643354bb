import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { isUsableAlone, listPasskeys, standsAlone } from '@/model/passkeys/passkeys'
import type { User } from '@/model/types'

/** Each of these alone opens a session, or begins a login with a second step. */
export type WaysToLogIn = {
  hasPassword: boolean
  /** Passkeys that need nothing else. */
  passkeys: number
  /** With `EMAIL_LOGIN=on`. */
  hasEmailCode: boolean
}

export async function waysToLogIn(deps: Deps, user: Pick<User, 'id'>): Promise<WaysToLogIn> {
  const row = await deps.db.selectFrom('users').select('password_hash').where('id', '=', user.id).executeTakeFirst()
  return {
    hasPassword: (row?.password_hash ?? null) !== null,
    passkeys: (await listPasskeys(deps, user)).filter(standsAlone).length,
    hasEmailCode: deps.config.emailLogin,
  }
}

/**
 * A condition for the statement that removes a passkey: of two passkeys that are removed at the same time, one stays, because
 * the transaction has the lock of the account. A passkey that cannot log in is no way to log in.
 */
export const isNotOnlyWay =
  (deps: Deps, { id: userId }: Pick<User, 'id'>) =>
  ({ or, not, eb, val, exists, selectFrom }: ExpressionBuilder<Schema, 'passkeys'>) =>
    or([
      not(isUsableAlone(deps)),
      eb(val(Number(deps.config.emailLogin)), '=', 1),
      exists(
        selectFrom('users')
          .select('users.id')
          .where('users.id', '=', userId)
          .where('users.password_hash', 'is not', null),
      ),
      eb(
        selectFrom('passkeys')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .where('user_id', '=', userId)
          .where(isUsableAlone(deps)),
        '>',
        1,
      ),
    ])
