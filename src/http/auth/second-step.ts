import { seconds } from '@/lib/duration'
import { completeLogin, type LoginCompletion, type SecondStep } from '@/model/accounts/complete-login'
import { startSecondStep, stopSecondStep } from '@/model/accounts/factors/second-step'
import {
  countFailure,
  findPendingLogin,
  PENDING_LOGIN_LIFETIME,
  uncountFailure,
  type PendingLogin,
  type PendingLoginStart,
} from '@/model/pending-logins/pending-logins'
import type { Client, User } from '@/model/types'
import { findUser } from '@/model/users/users'
import type { FlashKey } from '@/ui/flash-messages'
import { isReloginDialog } from '@/http/request/client'
import { cookiesIn } from '@/http/request/cookies'
import { loggablePath, SECOND_STEP_PATH, withReturnPath } from '@/http/request/path'
import { isSafeMethod } from '@/http/request/route-table'
import { stateOf } from '@/http/request/request-state'
import { LoginRequiredError } from '@/http/response/http-errors'
import type { Auth } from '@/http/types/auth'
import type { Context } from '@/http/types/context'
import type { Cookies } from '@/http/types/cookies'
import type { LoginResult } from '@/http/types/log-in'
import { emitGuardEvent } from './authorize'
import { redirectToVerification } from './confirm-login'
import { clearLinkCookies, clearRememberCookie, secretsIn, setLoginCookies } from './login-cookies'
import { readReturnPath, readReturnPathIfSafe } from './return-path'
import { afterLoginPath } from './saved-request'

/** The first factor is right and the second one is missing: no session starts. */
export async function beginSecondStep(
  auth: Auth,
  request: Request,
  client: Client,
  cookies: Cookies,
  user: User,
  start: PendingLoginStart,
): Promise<Exclude<LoginResult, { kind: 'logged-in' }>> {
  const started = await startSecondStep(auth.deps, user, client, cookies.get('pending'), start)
  if (started.kind === 'rate-limited') return { kind: 'rejected', limit: started }
  return { kind: 'second-step', to: openSecondStep(request, cookies, started.token) }
}

/** Returns where the browser goes. Call it after the commit. */
export function openSecondStep(request: Request, cookies: Cookies, token: string) {
  cookies.set('pending', token, PENDING_LOGIN_LIFETIME / seconds(1))
  return withReturnPath(SECOND_STEP_PATH, stateOf(request).next)
}

/** A login of this browser whose first factor is verified. */
export type Pending = PendingLogin & { user: User }

export type SecondStepResult =
  /** `flash`: instead of the one of a login. */
  | { kind: 'logged-in'; to: string; flash?: FlashKey }
  /** Both factors were right, and the address must be confirmed. `response` leads to the page for that. */
  | { kind: 'unverified'; response: Response }
  /** Nothing happened. `isUsed`: the factor was used by another request, or its check failed at the last moment. */
  | { kind: 'rejected'; isUsed: boolean }

/** For the page of the login: whether its user should go on with the second step. */
export const isSecondStepPending = async (context: PendingContext) => (await findSecondStep(context)) !== undefined

type PendingContext = Pick<Context, 'deps' | 'client' | 'request' | 'internal'>

/** The unfinished login of this browser. With its cookie, a form of another client ends it. A GET changes nothing. */
export async function findSecondStep(context: PendingContext): Promise<Pending | undefined> {
  const { deps, client } = context
  const { protection } = context.internal.auth
  const token = cookiesIn(context).get('pending')
  const pending = await findPendingLogin(deps, token)
  if (!pending || token === undefined) return undefined
  if (protection !== 'off' && pending.fingerprint !== client.fingerprint) {
    if (!isSafeMethod(context.request)) await stopSecondStep(deps, token)
    return undefined
  }
  const user = await findUser(deps, pending.user_id)
  return user && { ...pending, user }
}

/** A kind that says whether a factor was checked, and with which result. */
type Check = { kind: string }

export async function requireSecondStep(context: Context, body: unknown) {
  const { deps, request, sessionLookup } = context
  const { auth, loginPath, reloginPath } = context.internal
  const isInDialog = isReloginDialog(request)
  const read = isInDialog ? readReturnPathIfSafe : readReturnPath
  const { next, returnPath } = read(auth, request, body)
  /** A dialog begins again, so that the page below keeps its input. */
  const startOver = (flash: FlashKey) =>
    new LoginRequiredError('unauthenticated', isInDialog ? reloginPath : loginPath, next, flash)
  const cookies = cookiesIn(context)
  const token = cookies.get('pending')
  const pending = await findSecondStep(context)
  if (!pending || token === undefined) {
    if (token !== undefined) cookies.clear('pending')
    const path = loggablePath(stateOf(request).path)
    emitGuardEvent(deps, request, { kind: 'access-denied', reason: 'unauthenticated', path })
    throw startOver('second-step-expired')
  }
  const { user } = pending

  return {
    ...context,
    pending,
    next,
    returnPath,
    /**
     * Runs the check of a factor as one of the five attempts of this login. `exhausted`: this was the last one, so the
     * password is needed again. An attempt that was not checked does not count.
     */
    async trySecondFactor<T extends Check>(check: () => Promise<T>): Promise<T | { kind: 'exhausted' }> {
      const counted = await countFailure(deps, token)
      if (!counted) return endLogin({ isOver: false })
      const result = await check().catch(async (error: unknown) => {
        await uncountFailure(deps, token)
        throw error
      })
      if (result.kind === 'wrong' || result.kind === 'failed')
        return counted.isLast ? endLogin({ isOver: true }) : result
      if (result.kind !== 'ok') await uncountFailure(deps, token)
      return result
    },
    /** Logs the user in. Call it with a factor that `trySecondFactor` found right. */
    async completeSecondStep(step: SecondStep): Promise<SecondStepResult> {
      if (auth.findUser && !(await auth.findUser(user))) {
        deps.emit({ kind: 'login-failed', reason: 'unknown-user', userId: user.id })
        return { kind: 'rejected', isUsed: false }
      }
      const browser = {
        client: context.client,
        secrets: secretsIn(cookies),
        sessionLookup,
        rememberFor: auth.rememberFor,
      }
      const completed = await completeLogin(deps, token, browser, step)
      if (completed.kind === 'rejected') return completed
      if (completed.kind === 'unverified') return confirmAddress(completed)
      const { login } = completed
      if (sessionLookup && sessionLookup.user.id !== user.id) stateOf(request).isUserReplaced = true
      setLoginCookies(deps, cookies, login)
      if (!login.isRenewed) clearLinkCookies(cookies)
      if (!login.isRenewed && !login.rememberToken) clearRememberCookie(cookies)
      const flash = login.isKept ? 'deletion-cancelled' : undefined
      return { kind: 'logged-in', to: await afterLoginPath(deps, cookies, user, returnPath), flash }
    },
  }

  async function confirmAddress({ user, proof, isKept }: Extract<LoginCompletion, { kind: 'unverified' }>) {
    cookies.clear('pending')
    const flash = isKept ? ('deletion-cancelled' as const) : undefined
    const verification = await redirectToVerification(context, user, proof, flash)
    // At the limit of mails, the user logs in again later.
    const response =
      verification instanceof Response
        ? verification
        : context.reply.redirect(context.loginUrl(), flash ?? 'second-step-expired')
    return { kind: 'unverified' as const, response }
  }

  /** The fifth of parallel attempts may still be right, so only a checked one deletes the row. */
  async function endLogin({ isOver }: { isOver: boolean }) {
    if (isOver && token !== undefined) await stopSecondStep(deps, token)
    cookies.clear('pending')
    if (isInDialog) throw startOver('second-step-dropped')
    return { kind: 'exhausted' as const }
  }
}
