import type { Deps } from '@/deps/deps'
import { isUsable } from './passkeys'

export type ForeignPasskeys = {
  passkeys: number
  /** Users with two-step verification who have no other second factor, so they cannot log in. */
  lockedOutUsers: number
}

/** After a change of `PASSKEY_DOMAIN`. Browsers do not offer these passkeys any more. */
export async function countForeignPasskeys(deps: Pick<Deps, 'db' | 'config'>): Promise<ForeignPasskeys> {
  const { passkeyDomain } = deps.config
  const { passkeys, users } = await deps.db
    .selectNoFrom(({ selectFrom }) => [
      selectFrom('passkeys')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('rp_id', '!=', passkeyDomain)
        .as('passkeys'),
      selectFrom('users')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('two_step_enabled_at', 'is not', null)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('passkeys')
              .select('passkeys.id')
              .whereRef('passkeys.user_id', '=', 'users.id')
              .where('rp_id', '!=', passkeyDomain),
          ),
        )
        .where(({ not, or, exists, selectFrom }) =>
          not(
            or([
              exists(
                selectFrom('passkeys')
                  .select('passkeys.id')
                  .whereRef('passkeys.user_id', '=', 'users.id')
                  .where(isUsable(deps)),
              ),
              exists(
                selectFrom('authenticator_apps')
                  .select('authenticator_apps.id')
                  .whereRef('authenticator_apps.user_id', '=', 'users.id')
                  .where('confirmed_at', 'is not', null),
              ),
              exists(
                selectFrom('recovery_codes')
                  .select('recovery_codes.id')
                  .whereRef('recovery_codes.user_id', '=', 'users.id')
                  .where('is_active', '=', 1)
                  .where('used_at', 'is', null),
              ),
            ]),
          ),
        )
        .as('users'),
    ])
    .executeTakeFirstOrThrow()
  return { passkeys: Number(passkeys), lockedOutUsers: Number(users) }
}
