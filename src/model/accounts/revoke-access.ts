import type { EndReason } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { revokeApiTokensOf } from '@/model/api-tokens/api-tokens'
import { endSessionsOf } from '@/model/sessions/end'
import type { Session, User } from '@/model/types'

/** Belongs in a transaction. */
export async function revokeAccess(deps: Deps, user: Pick<User, 'id'>, reason: EndReason, keepSession?: Session) {
  await endSessionsOf(deps, user, reason, keepSession)
  await revokeApiTokensOf(deps, user)
}
