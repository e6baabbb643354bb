import type { EndReason } from '@db/session-tables'
import type { Actor } from '@/deps/events'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { listApiTokensOf, revokeApiTokensOf } from '@/model/api-tokens/api-tokens'
import { revokeTrustOf } from '@/model/limits/known-devices'
import { deletePendingLoginsOf } from '@/model/pending-logins/pending-logins'
import { endSessionsOf, revokeSessionsOf } from '@/model/sessions/end-all'
import type { Session, User } from '@/model/types'

/** Belongs in a transaction with the account lock. */
export async function revokeAccess(deps: Deps, user: Pick<User, 'id'>, reason: EndReason, keepSession?: Session) {
  await endSessionsOf(deps, user, reason, keepSession)
  await revokeApiTokensOf(deps, user)
  await revokeTrustOf(deps, user)
  await deletePendingLoginsOf(deps, user)
}

const USERS_AT_ONCE = 100

/**
 * Ends the sessions, remember series and trusted browsers of all users, for example after a restore. One transaction per user lets a running
 * server work in between. Returns the number of users that lost access.
 */
export async function revokeAllAccess(deps: Deps, by: Actor, { apiTokens }: { apiTokens: boolean }) {
  let count = 0
  for (let after: string | undefined = ''; after !== undefined;) {
    const users = await listUsersWithAccess(deps, after)
    for (const user of users) if (await revokeAccessOf(deps, user, by, apiTokens)) count++
    after = users.at(-1)?.id
  }
  return count
}

const revokeAccessOf = (deps: Deps, user: Pick<User, 'id'>, by: Actor, apiTokens: boolean) =>
  inTransaction(
    deps,
    async (deps) => {
      const hadSessions = await revokeSessionsOf(deps, user, by)
      const tokens = apiTokens ? await listApiTokensOf(deps, user) : []
      if (tokens.length > 0) await revokeApiTokensOf(deps, user)
      return hadSessions || tokens.length > 0
    },
    { locks: [accountLock(user.id)] },
  )

const listUsersWithAccess = ({ db }: Deps, after: string) =>
  db
    .selectFrom('users')
    .select('users.id')
    .where('users.id', '>', after)
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom('sessions')
            .select('sessions.id')
            .whereRef('user_id', '=', 'users.id')
            .where('ended_at', 'is', null),
        ),
        exists(
          selectFrom('remember_series')
            .select('remember_series.id')
            .whereRef('user_id', '=', 'users.id')
            .where('ended_at', 'is', null),
        ),
        exists(
          selectFrom('api_tokens')
            .select('api_tokens.id')
            .whereRef('user_id', '=', 'users.id')
            .where('revoked_at', 'is', null),
        ),
        exists(
          selectFrom('known_devices')
            .select('known_devices.id')
            .whereRef('user_id', '=', 'users.id')
            .where('trust_version', 'is not', null),
        ),
      ]),
    )
    .orderBy('users.id')
    .limit(USERS_AT_ONCE)
    .execute()
