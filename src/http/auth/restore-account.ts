import { issueRestoreToken, type RestoreProof } from '@/model/accounts/restore-account'
import type { User } from '@/model/types'
import { cookiesIn } from '@/http/request/cookies'
import { saveProvedToken } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types/context'
import { leadOn } from './confirm-login'

type RestoreContext = Pick<Context, 'deps' | 'request' | 'internal' | 'withNext' | 'reply'>

/** For a right password during the grace period of a deletion: no session starts until the user decides to keep the account. */
export async function redirectToRestore(context: RestoreContext, user: User, proof: RestoreProof = {}) {
  const { deps, withNext } = context
  saveProvedToken(cookiesIn(context), await issueRestoreToken(deps, user, proof))
  return leadOn(context, withNext('/restore-account'))
}
