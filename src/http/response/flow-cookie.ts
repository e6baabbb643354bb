import { days, seconds } from '@/lib/duration'
import { createToken, isWellFormedToken } from '@/lib/random-token'
import type { Deps } from '@/deps/deps'
import type { Cookies } from '@/http/types/cookies'

const FLOW_MAX_AGE = days(1) / seconds(1)

/**
 * `login`: this browser proved an account with an unverified address. `login-code`: it asked for a code
 * at `/login/code`. Without a kind it signed up, or asked in the settings. The kind is a part of the hashed value. So a code
 * that was mailed for the settings logs in no browser.
 */
type FlowKind = 'login' | 'login-code'

const prefixOf = (kind?: FlowKind) => (kind === undefined ? '' : `${kind}.`)

const createFlow = (deps: Deps, kind?: FlowKind) => prefixOf(kind) + createToken(deps).token

/** Binds a mail to this browser: its code works only here. The database holds only the SHA-256. */
export function saveFlow(cookies: Cookies, flow: string) {
  cookies.set('flow', flow, FLOW_MAX_AGE)
  // Else the page of the code would be that of an earlier link.
  if (cookies.get('one-time')) cookies.clear('one-time')
}

/**
 * For another mail of the same flow: the codes of earlier mails keep working, also if no further mail may be sent. Only
 * `saveFlow` changes the cookie, after the commit.
 */
export const nextFlow = (deps: Deps, cookies: Cookies, kind?: FlowKind) =>
  readFlow(cookies, kind) ?? createFlow(deps, kind)

/** Undefined for a flow of another kind. */
export function readFlow(cookies: Cookies, kind?: FlowKind) {
  const value = cookies.get('flow') ?? ''
  const prefix = prefixOf(kind)
  return value.startsWith(prefix) && isWellFormedToken(value.slice(prefix.length)) ? value : undefined
}
