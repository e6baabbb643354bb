import { minutes, seconds } from '@/lib/duration'
import { isWellFormedToken } from '@/lib/random-token'
import type { Cookies } from '@/http/types'

const ONE_TIME_MAX_AGE = minutes(30) / seconds(1)

/**
 * Keeps the token of a link out of the address of the page, so that no history, log or `Referer` contains it. Other text
 * clears the cookie: a truncated link must not show the account of an earlier one.
 */
export function saveOneTimeToken(cookies: Cookies, text: string) {
  if (isWellFormedToken(text)) cookies.set('one-time', text, ONE_TIME_MAX_AGE)
  else cookies.clear('one-time')
}
