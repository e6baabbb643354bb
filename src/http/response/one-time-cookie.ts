import { minutes, seconds } from '@/lib/duration'
import { isWellFormedToken } from '@/lib/random-token'
import type { Cookies } from '@/http/types/cookies'

const ONE_TIME_MAX_AGE = minutes(30) / seconds(1)

/**
 * Keeps the token of a link out of the address of the page: no history, log or `Referer` contains it. Other text
 * clears the cookie: a truncated link must not show the account of an earlier one.
 */
export function saveOneTimeToken(cookies: Cookies, text: string) {
  if (isWellFormedToken(text)) cookies.set('one-time', text, ONE_TIME_MAX_AGE)
  else cookies.clear('one-time')
}

/** No token of a link contains it. */
const PROVED = 'proved.'

/**
 * For a token that this browser got for a right password. An attacker could write such a token of their own account into a
 * link. Without the prefix, one click would log the reader in to that account.
 */
export const saveProvedToken = (cookies: Cookies, token: string) =>
  cookies.set('one-time', PROVED + token, ONE_TIME_MAX_AGE)

export function readProvedToken(cookies: Cookies) {
  const value = cookies.get('one-time')
  return value?.startsWith(PROVED) ? value.slice(PROVED.length) : undefined
}

/** No token is shorter, so it leads to the page of an invalid link. */
const INVALID = 'invalid'

/** As `saveOneTimeToken`, for a page that is also reached without a link: a truncated link must not show that page. */
export const saveLinkText = (cookies: Cookies, text: string) =>
  cookies.set('one-time', isWellFormedToken(text) ? text : INVALID, ONE_TIME_MAX_AGE)

/** The token of a link, or other text of a link. Undefined for a browser that opened none. */
export const readLinkText = (cookies: Cookies) =>
  readProvedToken(cookies) === undefined ? cookies.get('one-time') : undefined

/** After a link that does not work, so that the user can go on without it. */
export function forgetLink(cookies: Cookies) {
  if (readLinkText(cookies) !== undefined) cookies.clear('one-time')
}
