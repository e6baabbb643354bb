import type { Deps } from '@/deps/deps'
import { seconds } from '@/lib/duration'
import { KNOWN_DEVICE_LIFETIME } from '@/model/limits/known-devices'
import type { RememberToken } from '@/model/sessions/remember-series'
import type { Cookies } from '@/http/types/cookies'
import { secretOf } from './saved-request'

/** The tokens that the browser gets for a login. */
export type Login = {
  sessionToken: string
  endedSavedRequests?: boolean
  deviceToken?: string
  rememberToken?: RememberToken
}

export const secretsIn = (cookies: Cookies) => ({
  sessionToken: cookies.get('session'),
  rememberToken: cookies.get('remember'),
  pendingToken: cookies.get('pending'),
  savedRequestSecret: secretOf(cookies),
})

/** Call it after the commit. */
export function setLoginCookies(deps: Deps, cookies: Cookies, login: Login) {
  cookies.set('session', login.sessionToken)
  if (cookies.get('pending')) cookies.clear('pending')
  if (login.endedSavedRequests) cookies.clear('saved')
  if (login.deviceToken) setDeviceCookie(cookies, login.deviceToken)
  if (login.rememberToken) setRememberCookie(deps, cookies, login.rememberToken)
}

export function clearRememberCookie(cookies: Cookies) {
  if (cookies.get('remember')) cookies.clear('remember')
}

/** The next user of this browser must not find the page of a link that this user opened, nor an unfinished login. */
export function clearLinkCookies(cookies: Cookies) {
  for (const name of ['one-time', 'flow', 'pending'] as const) if (cookies.get(name)) cookies.clear(name)
}

/** The cookie lives as long as the series. */
export const setRememberCookie = ({ now }: Deps, cookies: Cookies, { value, expiresAt }: RememberToken) =>
  cookies.set('remember', value, Math.ceil((expiresAt - now()) / seconds(1)))

export const setDeviceCookie = (cookies: Cookies, token: string) =>
  cookies.set('device', token, KNOWN_DEVICE_LIFETIME / seconds(1))
