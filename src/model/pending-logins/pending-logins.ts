import type { Deps } from '@/deps/deps'
import { sha256 } from '@/lib/encoding'
import { minutes } from '@/lib/duration'
import { createToken, isWellFormedToken } from '@/lib/random-token'
import type { FirstFactor } from '@/model/factors/assurance'
import type { Client, User } from '@/model/types'

export const PENDING_LOGIN_LIFETIME = minutes(5)

export type PendingLoginStart = {
  firstFactor: Exclude<FirstFactor, 'passkey'>
  remember: boolean
  /** In milliseconds, for `remember`. */
  lifetime: number
  isFresh: boolean
  isForced: boolean
  /** The session that this login continues after a re-login. */
  followsSessionId?: string
  /** The token of this browser's earlier pending login, which the new one replaces. */
  previousToken?: string
}

/** Returns the token for the cookie. Belongs in a transaction. */
export async function createPendingLogin(deps: Deps, user: User, client: Client, start: PendingLoginStart) {
  if (start.previousToken !== undefined) await deletePendingLogin(deps, start.previousToken)
  const { token, token_hash } = createToken(deps)
  const created_at = deps.now()
  await deps.db
    .insertInto('pending_logins')
    .values({
      token_hash,
      user_id: user.id,
      password_version: user.password_version,
      factors_version: user.factors_version,
      first_factor: start.firstFactor,
      remember: Number(start.remember),
      lifetime: start.lifetime,
      is_fresh: Number(start.isFresh),
      is_forced: Number(start.isForced),
      fingerprint: client.fingerprint,
      follows_session_id: start.followsSessionId ?? null,
      login_hit_id: null,
      is_known_device: 0,
      created_at,
      expires_at: created_at + PENDING_LOGIN_LIFETIME,
    })
    .execute()
  return token
}

export const deletePendingLogin = async ({ db }: Deps, token: string) => {
  if (isWellFormedToken(token)) await db.deleteFrom('pending_logins').where('token_hash', '=', sha256(token)).execute()
}

/** After a change of the account. A login that was waiting must begin again. */
export const deletePendingLoginsOf = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  db.deleteFrom('pending_logins').where('user_id', '=', id).execute()
