import type { Client, User, SessionLookup } from '@/model/types'
import { assuranceLevelOf, isFirstFactor, isTwoStepOn, missingFactor, type Method } from '@/model/factors/assurance'
import { endLogin } from '@/model/accounts/end-login'
import { isTrustedBrowser } from '@/model/limits/known-devices'
import { renewLogin } from '@/model/accounts/renew-login'
import { replaceSecondStep } from '@/model/accounts/factors/second-step'
import { startLogin } from '@/model/accounts/start-login'
import { stateOf } from '@/http/request/request-state'
import { isSpeculative } from '@/http/request/client'
import { SpeculationRefused } from '@/http/response/http-errors'
import { clearRememberCookie, secretsIn, setLoginCookies, clearLinkCookies } from './login-cookies'
import { afterLoginPath } from './saved-request'
import { DEFAULT_RETURN_PATH } from './return-path'
import { beginSecondStep } from './second-step'
import type { Auth } from '@/http/types/auth'
import type { Cookies } from '@/http/types/cookies'
import type { ReauthenticateOptions, LoginActions, LoginOptions, LoginResult } from '@/http/types/log-in'
import { isRememberDuration } from './validate-options'

/** The login functions of a handler. They set and clear cookies only after the commit. */
export function createLoginActions(
  auth: Auth,
  request: Request,
  client: Client,
  requestCookies: Cookies | undefined,
  sessionLookup: SessionLookup | undefined,
): LoginActions {
  const { deps } = auth
  let currentSession = sessionLookup?.kind === 'active' ? sessionLookup.session : undefined

  function requireCookies() {
    if (isSpeculative(request)) throw new SpeculationRefused()
    if (!requestCookies)
      throw new Error('logIn, reauthenticate and logOut need a session; this request uses an API token')
    return requestCookies
  }

  /** Only a password: that the browser is trusted says nothing about a mailbox or another site. */
  const amrOf = async (user: User, method: Method) =>
    method === 'password' && isTwoStepOn(user) && (await isTrustedBrowser(deps, user, client.deviceToken))
      ? ([method, 'trusted-browser'] as const)
      : ([method] as const)

  const pathAfter = (user: User, returnPath = stateOf(request).next ?? DEFAULT_RETURN_PATH) =>
    afterLoginPath(deps, requestCookies, user, returnPath)

  const isKnownUser = async (user: User) => !auth.findUser || (await auth.findUser(user)) !== undefined

  return {
    async logIn(user: User, options: LoginOptions): Promise<LoginResult> {
      const { method, remember = false, duration = auth.rememberFor, fresh = true, force = false } = options
      const cookies = requireCookies()
      if (!isRememberDuration(duration))
        throw new RangeError(`logIn: duration must be 1 s to 400 days, got ${duration} ms`)
      if (!(await isKnownUser(user))) {
        deps.emit({ kind: 'login-failed', reason: 'unknown-user', userId: user.id })
        return { kind: 'rejected' }
      }
      const firstFactor = method === 'external' ? (`external:${options.provider ?? ''}` as const) : method
      const { secondFactor, provedAt } = options
      const amr = secondFactor ? [firstFactor, secondFactor] : await amrOf(user, firstFactor)
      const { loginHitId } = options
      if (firstFactor !== 'passkey' && missingFactor(user, amr, deps.config.mfa) === 'second-factor') {
        const start = { firstFactor, remember, lifetime: duration, isForced: force, loginHitId }
        return beginSecondStep(auth, request, client, cookies, user, start)
      }
      const rememberFor = remember ? duration : undefined
      const started = await startLogin(deps, user, client, secretsIn(cookies), {
        previous: currentSession,
        rememberFor,
        isFresh: fresh,
        amr,
        passkeyId: options.passkeyId,
        secondFactorAt: assuranceLevelOf(amr) === 2 ? provedAt : undefined,
        loginHitId,
        isForced: force,
        inSameTransaction: options.inSameTransaction,
      })
      if (!started) return { kind: 'rejected' }
      currentSession = started.session
      if (sessionLookup && sessionLookup.user.id !== user.id) stateOf(request).isUserReplaced = true
      setLoginCookies(deps, cookies, started)
      clearLinkCookies(cookies)
      if (!started.rememberToken) clearRememberCookie(cookies)
      return { kind: 'logged-in', to: await pathAfter(user, options.returnPath) }
    },
    async reauthenticate(options: ReauthenticateOptions): Promise<LoginResult> {
      const { method, passkeyId, loginHitId, use, inSameTransaction, remember = false } = options
      const cookies = requireCookies()
      if (!sessionLookup || (sessionLookup.kind === 'ended' && !(await isKnownUser(sessionLookup.user))))
        return { kind: 'rejected' } // the guard has checked active sessions
      const { kind, session, user } = sessionLookup
      // An active session asks for the factor itself: a trusted browser skips it only at a login.
      const methods = kind === 'ended' ? await amrOf(user, method) : [method]
      const proof = { methods, passkeyId, loginHitId, use, inSameTransaction, remember, rememberFor: auth.rememberFor }
      const renewed = await renewLogin(deps, sessionLookup, client, proof)
      if (renewed.kind === 'second-step' && isFirstFactor(method)) {
        const isForced = session.forced_at !== null
        const start = { firstFactor: method, remember, lifetime: auth.rememberFor, isForced, loginHitId }
        const follows = { ...start, followsSessionId: session.id }
        return beginSecondStep(auth, request, client, cookies, user, follows)
      }
      if (renewed.kind !== 'renewed') return { kind: 'rejected', isUsed: renewed.kind === 'rejected' && renewed.isUsed }
      const pendingToken = cookies.get('pending')
      if (pendingToken !== undefined) await replaceSecondStep(deps, pendingToken, user) // no mail about a login that was completed
      setLoginCookies(deps, cookies, renewed)
      return { kind: 'logged-in', to: await pathAfter(user, options.returnPath) }
    },
    async logOut() {
      const cookies = requireCookies()
      const { endedSavedRequests } = await endLogin(deps, secretsIn(cookies), client)
      clearRememberCookie(cookies)
      clearLinkCookies(cookies)
      if (endedSavedRequests) cookies.clear('saved')
      cookies.clear('session')
    },
  }
}
