import { requestVerification, type LoginProof } from '@/model/accounts/verify-email'
import type { RateLimited, User } from '@/model/types'
import type { FlashKey } from '@/ui/flash-messages'
import { isReloginDialog } from '@/http/request/client'
import { cookiesIn } from '@/http/request/cookies'
import { nextFlow, saveFlow } from '@/http/response/flow-cookie'
import type { Context } from '@/http/types/context'

type LoginContext = Pick<Context, 'deps' | 'client' | 'request' | 'internal' | 'withNext' | 'reply'>

type RightPassword = { remember?: boolean; loginHitId?: string }

/** For a right password of an account with an unverified address. With two-step verification, the second step comes first. */
export async function beginVerifiedLogin(
  context: LoginContext & Pick<Context, 'logIn'>,
  user: User,
  options: RightPassword,
): Promise<Response | RateLimited> {
  const startNoSession = async () => false
  const login = await context.logIn(user, { method: 'password', ...options, inSameTransaction: startNoSession })
  if (login.kind === 'second-step') return leadOn(context, login.to)
  if (login.kind === 'rejected' && login.limit) return login.limit
  return redirectToVerification(context, user, { firstFactor: 'password' })
}

/**
 * For a user who proved every factor of the account, and whose address is not verified: no session starts until the code or the
 * link of the mail is used in this browser. The mail reveals no account, because the proof was right.
 */
export async function redirectToVerification(
  context: LoginContext,
  user: User,
  proof: LoginProof,
  flash?: FlashKey,
): Promise<Response | RateLimited> {
  const { deps, client, withNext } = context
  const cookies = cookiesIn(context)
  const flow = nextFlow(deps, cookies, 'login')
  const limited = await requestVerification(deps, user, client, flow, proof)
  if (limited) return limited
  saveFlow(cookies, flow)
  return leadOn(context, withNext('/verify-email'), flash)
}

/** For a login that is not complete. The re-login dialog would take the status of a plain redirect for a success. */
export const leadOn = ({ request, reply }: Pick<Context, 'request' | 'reply'>, to: string, flash?: FlashKey) =>
  isReloginDialog(request) ? reply.internal.redirectToLogin(to, flash) : reply.redirect(to, flash)
