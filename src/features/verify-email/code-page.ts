import { findExpectedLogin, findExpectedSignUp, type ExpectedCode } from '@/model/accounts/expected-code'
import { confirmByCode } from '@/model/accounts/pending-sign-up'
import { resendSignUpMail } from '@/model/accounts/request-sign-up'
import { requestVerification } from '@/model/accounts/verify-email'
import { verifyCode } from '@/model/one-time-tokens/codes'
import { findUser } from '@/model/users/users'
import { cookiesIn } from '@/http/request/cookies'
import { authStatus } from '@/http/response/auth-status'
import { readFlow } from '@/http/response/flow-cookie'
import type { Context } from '@/http/types/context'
import { refuse, type Target } from './link'
import { confirmLoginByCode } from './login'
import { finishSignUp } from './sign-up'
import { CodeExhaustedPage, CodePage } from './views'

/** The code that this browser waits for. */
async function findExpected(context: Context) {
  const { deps } = context
  const login = readFlow(cookiesIn(context), 'login')
  if (login !== undefined) return { flow: login, expected: await findExpectedLogin(deps, login) }
  const flow = readFlow(cookiesIn(context))
  const expected = flow === undefined ? undefined : await findExpectedSignUp(deps, flow)
  return flow !== undefined && expected ? { flow, expected } : undefined
}

const propsOf = ({ signupUrl }: Context, expected: ExpectedCode, next?: string) => ({
  email: expected.kind === 'sign-up' ? expected.pending.email : undefined,
  next,
  signupUrl: signupUrl(),
})

export async function renderCodePage(context: Context, { next }: Target) {
  const found = await findExpected(context)
  return found ? context.reply.page(CodePage(propsOf(context, found.expected, next))) : refuse(context)
}

export async function confirmCode(context: Context, code: string, target: Target) {
  const { deps, client, reply } = context
  const found = await findExpected(context)
  if (!found) return refuse(context)
  const { flow, expected } = found
  const check = await verifyCode(deps, expected.kind, flow, code, client)
  if (check.kind === 'exhausted')
    return reply.page(CodeExhaustedPage({ action: '/verify-email/resend', next: target.next }), 410)
  const props = propsOf(context, expected, target.next)
  if (check.kind === 'wrong') return reply.page(CodePage({ ...props, isWrong: true }), 422)
  if (check.kind === 'rate-limited') return reply.page(CodePage({ ...props, codeLimit: check }), ...authStatus(check))
  if (expected.kind === 'verify-email') return confirmLoginByCode(context, flow, check, target)
  const done = await confirmByCode(deps, check, client)
  return finishSignUp(context, done, target, { typedAt: expected.pending.created_at })
}

/** The response is the same whether or not another mail is written. */
export async function resendCode(context: Context, { next }: Target) {
  const { deps, client, withNext, reply } = context
  const found = await findExpected(context)
  if (!found) return refuse(context)
  const { flow, expected } = found
  const limited =
    expected.kind === 'sign-up'
      ? await resendSignUpMail(deps, expected.pending, client)
      : await resendVerification(context, expected.userId, flow)
  if (limited)
    return reply.page(CodePage({ ...propsOf(context, expected, next), mailLimit: limited }), ...authStatus(limited))
  const cookies = cookiesIn(context)
  if (cookies.get('one-time')) cookies.clear('one-time') // else the next page is that of a link
  return reply.redirect(withNext('/verify-email'), 'mail-resent')
}

/** For a user who proved the account before the first mail. */
async function resendVerification({ deps, client }: Context, userId: string | undefined, flow: string) {
  const user = userId === undefined ? undefined : await findUser(deps, userId)
  return user && requestVerification(deps, user, client, flow)
}
