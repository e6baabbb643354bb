import {
  confirmByLink,
  confirmByPassword,
  confirmWithNewPassword,
  declineSignUp,
  findPendingSignup,
  isFlowOf,
  type FinishedSignUp,
  type PendingSignup,
} from '@/model/accounts/pending-sign-up'
import { hasWhiteSpaceAtEnds } from '@/model/passwords/hash'
import { cookiesIn } from '@/http/request/cookies'
import { authStatus } from '@/http/response/auth-status'
import { readFlow } from '@/http/response/flow-cookie'
import { reportOpened } from '@/http/response/link-events'
import type { Context } from '@/http/types/context'
import { refuse, type LinkPages, type Target } from './link'
import { ConfirmedForOtherPage, ConfirmPage, FinishSignUpPage, SignUpDeclinedPage } from './views'

/** The browser that signed up has proved the password, so there one button is enough. */
export const signUpLinks: LinkPages = {
  async render(context, token, { next }) {
    const { deps, reply } = context
    const pending = await findPendingSignup(deps, token)
    if (!pending) return undefined
    reportOpened(context, 'sign-up')
    if (hasSignedUp(context, pending)) return reply.page(ConfirmPage({ email: pending.email, next, canDecline: true }))
    return reply.page(FinishSignUpPage(propsOf(context, pending, next)))
  },

  async confirm(context, token, { password = '', new_password: newPassword }, target) {
    const { deps, client, reply } = context
    const pending = await findPendingSignup(deps, token)
    if (!pending) return undefined
    if (hasSignedUp(context, pending))
      return finishSignUp(context, await confirmByLink(deps, token, client), target, { typedAt: pending.created_at })
    const props = propsOf(context, pending, target.next)
    if (newPassword !== undefined) {
      const done = await confirmWithNewPassword(deps, token, pending, newPassword, client)
      if (done.kind !== 'weak') return finishSignUp(context, done, target, { newPassword })
      return reply.page(FinishSignUpPage({ ...props, newPasswordError: done.error }), 422)
    }
    const done = await confirmByPassword(deps, token, pending, password, client)
    if (done.kind === 'invalid' || done.kind === 'rate-limited')
      return reply.page(FinishSignUpPage({ ...props, failure: done }), ...authStatus(done))
    return finishSignUp(context, done, target, { typedAt: deps.now() })
  },

  async decline(context, token) {
    const pending = await declineSignUp(context.deps, token)
    if (!pending) return undefined
    clearCookies(context, pending)
    return context.reply.page(SignUpDeclinedPage())
  },
}

const hasSignedUp = (context: Context, pending: PendingSignup) => isFlowOf(pending, readFlow(cookiesIn(context)))

const propsOf = ({ deps }: Context, { email, passkey }: PendingSignup, next?: string) => ({
  email,
  hasPassword: passkey === null,
  next,
  minLength: deps.config.passwords.minLength,
})

/** `typedAt`: when the user typed the password, or used the passkey, in this browser. `newPassword`: the user must still log in with it. */
export async function finishSignUp(
  context: Context,
  done: FinishedSignUp,
  { returnPath }: Target,
  proof: { typedAt: number } | { newPassword: string },
) {
  const { deps, currentUser, loginUrl, logIn, reply } = context
  if (done.kind === 'gone') return refuse(context)
  clearCookies(context, done.pending)
  if (done.kind === 'taken') return reply.redirect(loginUrl(), 'account-exists')
  const { user } = done
  if (currentUser) return reply.page(ConfirmedForOtherPage({ email: user.email, other: currentUser.email }))
  if ('newPassword' in proof) {
    const hasSpace = hasWhiteSpaceAtEnds(proof.newPassword)
    return reply.redirect(loginUrl(), hasSpace ? 'account-created-with-space' : 'account-created')
  }
  const fresh = deps.now() - proof.typedAt < deps.config.session.fresh
  const method = done.passkeyId === undefined ? 'password' : 'passkey'
  const login = await logIn(user, { method, passkeyId: done.passkeyId, fresh, returnPath })
  if (login.kind !== 'logged-in') return reply.redirect(loginUrl(), 'account-created')
  return reply.redirect(login.to, 'account-confirmed')
}

/** A flow of another sign-up stays. */
function clearCookies(context: Context, pending: PendingSignup) {
  const cookies = cookiesIn(context)
  if (cookies.get('one-time')) cookies.clear('one-time')
  if (hasSignedUp(context, pending)) cookies.clear('flow')
}
