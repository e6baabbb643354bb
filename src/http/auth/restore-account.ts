import { inTransaction } from '@/deps/transaction'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import type { User } from '@/model/types'
import { cookiesOf } from '@/http/request/cookies'
import { saveProvedToken } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types'

type RestoreContext = Pick<Context, 'deps' | 'request' | 'internal' | 'withNext' | 'reply'>

/** For a right password during the grace period of a deletion: no session starts until the user decides to keep the account. */
export async function redirectToRestore({ deps, request, internal, withNext, reply }: RestoreContext, user: User) {
  const token = await inTransaction(deps, (deps) => issueOneTimeToken(deps, 'restore-account', user))
  saveProvedToken(cookiesOf(internal.auth, request), token)
  return reply.redirect(withNext('/restore-account'))
}
