import type { EndReason } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { revokeApiTokensOf } from '@/model/api-tokens/api-tokens'
import { endSessionsOf } from '@/model/sessions/end'
import type { Session, User } from '@/model/types'

/** Ends all sessions and remember series of the user and revokes all API tokens. Belongs in a transaction. */
export async function revokeAccess(deps: Deps, user: Pick<User, 'id'>, reason: EndReason, kept?: Session) {
  await endSessionsOf(deps, user, reason, kept)
  await revokeApiTokensOf(deps, user)
}
