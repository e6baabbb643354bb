import { formatDuration } from '@/lib/duration'
import type { FlashMessage } from '@/ui/flash-area'
import type { User } from '@/model/types'
import { isFlashKey, type FlashKey } from '@/ui/flash-messages'
import { matchesPath } from '@/http/request/route-table'
import { stateOf } from '@/http/request/request-state'
import type { Auth } from '@/http/types/auth'
import type { Cookies } from '@/http/types/cookies'

const FLASH_MAX_AGE = 60 // seconds

/** Replaces a message that has not been shown yet, except the theft alert. An app disables a message with `null`. */
export function setFlash(auth: Auth, cookies: Cookies, flash: FlashKey) {
  if (auth.messages[flash] !== null && cookies.get('flash') !== 'theft') cookies.set('flash', flash, FLASH_MAX_AGE)
}

/** `left`: how many recovery codes are left, if one was used. */
export const flashOfLogin = (left?: number): FlashKey => flashOfCode(left) ?? 'logged-in'

export function flashOfCode(left?: number): FlashKey | undefined {
  const key = `recovery-codes-left-${left}`
  return left !== undefined && isFlashKey(key) ? key : undefined
}

export function consumeFlash(auth: Auth, cookies: Cookies, request: Request, user?: User): FlashMessage | undefined {
  const key = cookies.get('flash')
  if (!key) return consumeCookieMessage(auth, request)
  cookies.clear('flash')
  if (!isFlashKey(key)) return undefined
  // A form was sent twice: one request logged in, and the other one found no pending login.
  if (user && key === 'second-step-expired') return undefined
  // After a sign-up, GET /login may redirect: a remembered device or another tab has a session.
  return findMessage(auth, user && key.startsWith('account-created') ? 'other-account-created' : key, request, user)
}

/** For the re-login dialog: why its second step ended. Other messages wait for the next page. */
export function consumeSecondStepFlash(auth: Auth, cookies: Cookies, request: Request) {
  const key = cookies.get('flash')
  const isMeant = key === 'second-step-expired' || key === 'second-step-dropped'
  return isMeant ? consumeFlash(auth, cookies, request) : undefined
}

/** A browser that blocks cookies sends no flash cookie either. The login page shows the message last. */
function consumeCookieMessage(auth: Auth, request: Request) {
  if (!auth.cookieCheck.hasFailed(request)) return undefined
  const { path } = stateOf(request)
  if (['/login', ...auth.allLoginPaths].some((loginPath) => matchesPath(loginPath, path))) auth.cookieCheck.end(request)
  return findMessage(auth, 'cookies-blocked', request)
}

function findMessage(auth: Auth, key: FlashKey, request: Request, user?: User): FlashMessage | undefined {
  const message = auth.messages[key]
  if (!message) return undefined
  const grace = formatDuration(auth.deps.config.deletionGrace)
  const text = translateMessage(auth, message[1], request).replaceAll('{grace}', grace)
  return text.includes('{name}') ? user && [message[0], text.replaceAll('{name}', () => user.name)] : [message[0], text]
}

/** Returns the original text if the app's `translate` throws, so that the page still renders. */
function translateMessage({ deps, translate }: Auth, text: string, request: Request) {
  try {
    return translate(text, request)
  } catch (error) {
    deps.log.error({ err: error }, 'auth.translate failed')
    return text
  }
}
