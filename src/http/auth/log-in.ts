import type { Client, User, SessionLookup } from '@/model/types'
import { isTwoStepOn, missingFactor, type FirstFactor } from '@/model/factors/assurance'
import { endLogin } from '@/model/accounts/end-login'
import { isTrustedBrowser } from '@/model/limits/known-devices'
import { renewLogin } from '@/model/accounts/renew-login'
import { startLogin } from '@/model/accounts/start-login'
import { stateOf } from '@/http/request/request-state'
import { isSpeculative } from '@/http/request/client'
import { SpeculationRefused } from '@/http/response/http-errors'
import {
  clearRememberCookie,
  secretsIn,
  setDeviceCookie,
  setLoginCookies,
  setRememberCookie,
  clearLinkCookies,
} from './login-cookies'
import { afterLoginPath } from './saved-request'
import { DEFAULT_RETURN_PATH } from './return-path'
import { beginSecondStep } from './second-step'
import type { Auth, ReauthenticateOptions, Cookies, LoginActions, LoginOptions, LoginResult } from '@/http/types'
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
  const amrOf = async (user: User, firstFactor: FirstFactor) =>
    firstFactor === 'password' && isTwoStepOn(user) && (await isTrustedBrowser(deps, user, client.deviceToken))
      ? ([firstFactor, 'trusted-browser'] as const)
      : ([firstFactor] as const)

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
      const amr = await amrOf(user, firstFactor)
      const { loginHitId } = options
      if (firstFactor !== 'passkey' && missingFactor(user, amr, deps.config.mfa) === 'second-factor') {
        const start = { firstFactor, remember, lifetime: duration, isFresh: fresh, isForced: force, loginHitId }
        return beginSecondStep(auth, request, client, cookies, user, start)
      }
      const rememberFor = remember ? duration : undefined
      const started = await startLogin(deps, user, client, secretsIn(cookies), {
        previous: currentSession,
        rememberFor,
        isFresh: fresh,
        amr,
        passkeyId: options.passkeyId,
        loginHitId,
        isForced: force,
        inSameTransaction: options.inSameTransaction,
      })
      if (!started) return { kind: 'rejected' }
      currentSession = started.session
      if (sessionLookup && sessionLookup.user.id !== user.id) stateOf(request).isUserReplaced = true
      setLoginCookies(deps, cookies, started)
      if (!started.rememberToken) clearRememberCookie(cookies)
      const returnPath = options.returnPath ?? stateOf(request).next ?? DEFAULT_RETURN_PATH
      return { kind: 'logged-in', to: await afterLoginPath(deps, cookies, user, returnPath) }
    },
    async reauthenticate({ inSameTransaction, remember }: ReauthenticateOptions = {}) {
      const cookies = requireCookies()
      if (!sessionLookup || (sessionLookup.kind === 'ended' && !(await isKnownUser(sessionLookup.user)))) return false // the guard has checked active sessions
      const options = { remember, rememberFor: auth.rememberFor, inSameTransaction }
      const renewed = await renewLogin(deps, sessionLookup, client, options)
      if (!renewed) return false
      cookies.set('session', renewed.sessionToken)
      setDeviceCookie(cookies, renewed.deviceToken)
      if (renewed.rememberToken) setRememberCookie(deps, cookies, renewed.rememberToken)
      return true
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
