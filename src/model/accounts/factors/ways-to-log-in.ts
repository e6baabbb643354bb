import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { listPasskeys, standsAlone } from '@/model/passkeys/passkeys'
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
 * A condition for the statement that removes a passkey: of two passkeys that are removed at the same time, one stays. That
 * relies on SQLite's single writer: PostgreSQL must lock the user's row first. A passkey that cannot log in is no way to log in.
 */
export function isNotOnlyWay({ config }: Deps, { id: userId }: Pick<User, 'id'>) {
  const { emailLogin, passkeyDomain } = config
  return ({ or, eb, exists, selectFrom }: ExpressionBuilder<Schema, 'passkeys'>) =>
    or([
      eb('passkeys.is_discoverable', '=', 0),
      eb('passkeys.is_user_verifying', '=', 0),
      eb('passkeys.flagged_at', 'is not', null),
      eb('passkeys.rp_id', '!=', passkeyDomain),
      exists(
        selectFrom('users')
          .select('users.id')
          .where('users.id', '=', userId)
          .where(({ or, eb, val }) =>
            or([eb('users.password_hash', 'is not', null), eb(val(Number(emailLogin)), '=', 1)]),
          ),
      ),
      exists(
        selectFrom('passkeys as other')
          .select('other.id')
          .where('other.user_id', '=', userId)
          .whereRef('other.id', '!=', 'passkeys.id')
          .where('other.is_discoverable', '=', 1)
          .where('other.is_user_verifying', '=', 1)
          .where('other.flagged_at', 'is', null)
          .where('other.rp_id', '=', passkeyDomain),
      ),
    ])
}
