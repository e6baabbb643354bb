import type { Deps } from '@/deps/deps'
import { seconds } from '@/lib/duration'
import type { Client, User, Visit } from '@/model/types'
import { endLogin } from '@/model/accounts/end-login'
import { KNOWN_FOR } from '@/model/limits/known-devices'
import type { RememberToken } from '@/model/sessions/remember-me'
import { renewLogin } from '@/model/accounts/renew-login'
import { startLogin } from '@/model/accounts/start-login'
import { secretIn } from './saved-request'
import type { Auth, ConfirmOptions, Cookies, LoginActions, LoginOptions } from '@/http/types'
import { isRememberDuration } from './validate-options'

/** The login functions of a handler. They set and clear cookies only after the commit. */
export function createLogin(
  auth: Auth,
  client: Client,
  received: Cookies | undefined,
  visit: Visit | undefined,
): LoginActions {
  const { deps } = auth
  let present = visit?.kind === 'live' ? visit.session : undefined

  function openJar() {
    if (!received) throw new Error('a request with an API token has no session to begin, to confirm or to end')
    return received
  }

  const isKnown = async (user: User) => !auth.findUser || (await auth.findUser(user)) !== undefined

  return {
    async logIn(user: User, { remember = false, duration = auth.rememberFor, fresh = true, force }: LoginOptions = {}) {
      const cookies = openJar()
      if (!isRememberDuration(duration))
        throw new RangeError(`no device can be remembered for ${duration} milliseconds`)
      if (!(await isKnown(user))) {
        deps.tell({ kind: 'login-failed', reason: 'unknown-user', userId: user.id })
        return false
      }
      const rememberFor = remember ? duration : undefined
      const options = { previous: present, rememberFor, isFresh: fresh, isForced: force }
      const started = await startLogin(deps, user, client, secretsIn(cookies), options)
      if (!started) return false
      present = started.session
      cookies.set('session', started.sessionToken)
      if (started.endedSavedRequests) cookies.clear('saved')
      if (started.deviceToken) keepDeviceToken(cookies, started.deviceToken)
      if (started.rememberToken) keepRememberToken(deps, cookies, started.rememberToken)
      else clearRememberCookie(cookies)
      return true
    },
    async confirmLogin({ inSameTransaction, remember }: ConfirmOptions = {}) {
      const cookies = openJar()
      if (!visit || (visit.kind === 'ended' && !(await isKnown(visit.user)))) return false // the guard asked for active ones
      const options = { remember, rememberFor: auth.rememberFor, inSameTransaction }
      const renewed = await renewLogin(deps, visit, client, options)
      if (!renewed) return false
      cookies.set('session', renewed.sessionToken)
      keepDeviceToken(cookies, renewed.deviceToken)
      if (renewed.rememberToken) keepRememberToken(deps, cookies, renewed.rememberToken)
      return true
    },
    async logOut() {
      const cookies = openJar()
      const { endedSavedRequests } = await endLogin(deps, secretsIn(cookies), client)
      clearRememberCookie(cookies)
      if (endedSavedRequests) cookies.clear('saved')
      cookies.clear('session')
    },
  }
}

const secretsIn = (cookies: Cookies) => ({
  sessionToken: cookies.find('session'),
  rememberToken: cookies.find('remember'),
  savedRequestSecret: secretIn(cookies),
})

function clearRememberCookie(cookies: Cookies) {
  if (cookies.find('remember')) cookies.clear('remember')
}

/** The cookie lives as long as the series. */
export const keepRememberToken = ({ now }: Deps, cookies: Cookies, { value, expiresAt }: RememberToken) =>
  cookies.set('remember', value, Math.ceil((expiresAt - now()) / seconds(1)))

const keepDeviceToken = (cookies: Cookies, token: string) => cookies.set('device', token, KNOWN_FOR / seconds(1))
