import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import type { User } from '@/model/types'
import { cookiesIn } from '@/http/request/cookies'
import { saveProvedToken } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types'

type RestoreContext = Pick<Context, 'deps' | 'request' | 'internal' | 'withNext' | 'reply'>

/**
 * For a right password during the grace period of a deletion: no session starts until the user decides to keep the account.
 * `flow` is the one of a code from a mail, which proves the account without a password.
 */
export async function redirectToRestore(context: RestoreContext, user: User, flow?: string) {
  const { deps, withNext, reply } = context
  const options = { flowHash: flow === undefined ? null : sha256(flow) }
  const token = await inTransaction(deps, (deps) => issueOneTimeToken(deps, 'restore-account', user, options))
  saveProvedToken(cookiesIn(context), token)
  return reply.redirect(withNext('/restore-account'))
}
