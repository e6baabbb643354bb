import { days, seconds } from '@/lib/duration'
import { createToken, isWellFormedToken } from '@/lib/random-token'
import type { Deps } from '@/deps/deps'
import type { Cookies } from '@/http/types'

const FLOW_MAX_AGE = days(1) / seconds(1)

/** Binds a mail to this browser: its code works only here. The database holds only the SHA-256. */
export function startFlow(deps: Deps, cookies: Cookies) {
  const { token } = createToken(deps)
  cookies.set('flow', token, FLOW_MAX_AGE)
  return token
}

export function readFlow(cookies: Cookies) {
  const value = cookies.get('flow')
  return value !== undefined && isWellFormedToken(value) ? value : undefined
}
