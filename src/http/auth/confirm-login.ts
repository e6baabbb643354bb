import { requestVerification } from '@/model/accounts/verify-email'
import type { RateLimited, User } from '@/model/types'
import type { FlashKey } from '@/ui/flash-messages'
import { cookiesIn } from '@/http/request/cookies'
import { nextFlow, saveFlow } from '@/http/response/flow-cookie'
import type { Context } from '@/http/types'

type LoginContext = Pick<Context, 'deps' | 'client' | 'request' | 'internal' | 'withNext' | 'reply'>

/**
 * For a right password of an account with an unverified address: no session starts until the code or the link of the mail is
 * used in this browser. The mail reveals no account, because the password was right.
 */
export async function redirectToVerification(
  context: LoginContext,
  user: User,
  flash?: FlashKey,
): Promise<Response | RateLimited> {
  const { deps, client, withNext, reply } = context
  const cookies = cookiesIn(context)
  const flow = nextFlow(deps, cookies, 'login')
  const limited = await requestVerification(deps, user, client, flow)
  if (limited) return limited
  saveFlow(cookies, flow)
  return reply.redirect(withNext('/verify-email'), flash)
}
