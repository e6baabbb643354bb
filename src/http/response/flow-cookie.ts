import { days, seconds } from '@/lib/duration'
import { createToken, isWellFormedToken } from '@/lib/random-token'
import type { Deps } from '@/deps/deps'
import type { Cookies } from '@/http/types'

const FLOW_MAX_AGE = days(1) / seconds(1)

/** Binds a mail to this browser: its code works only here. The database holds only the SHA-256. */
export function startFlow(deps: Deps, cookies: Cookies) {
  const { token } = createToken(deps)
  saveFlow(cookies, token)
  return token
}

/** For another mail of the same flow: the codes of earlier mails keep working, also if no further mail may be sent. */
export function continueFlow(deps: Deps, cookies: Cookies) {
  const flow = readFlow(cookies)
  if (flow === undefined) return startFlow(deps, cookies)
  cookies.set('flow', flow, FLOW_MAX_AGE)
  return flow
}

export function saveFlow(cookies: Cookies, flow: string) {
  cookies.set('flow', flow, FLOW_MAX_AGE)
  // Else the page of the code would be that of an earlier link.
  if (cookies.get('one-time')) cookies.clear('one-time')
}

export function readFlow(cookies: Cookies) {
  const value = cookies.get('flow')
  return value !== undefined && isWellFormedToken(value) ? value : undefined
}
