import type { FlashMessage } from '@/ui/layout'
import { isFlashKey, type FlashKey } from '@/ui/flash-messages'
import type { Auth, Cookies } from '@/http/types'

const FLASH_MAX_AGE = 60 // seconds: from one page to the next

/** Leaves a message for the next page. It takes the place of one that was not seen yet, unless that is the alarm. */
export function setFlash(auth: Auth, cookies: Cookies, flash: FlashKey) {
  if (auth.messages[flash] !== null && cookies.get('flash') !== 'theft') cookies.set('flash', flash, FLASH_MAX_AGE)
}

/** The message that was left for this page, in the reader's language. It is said once. */
export function consumeFlash(auth: Auth, cookies: Cookies, request: Request): FlashMessage | undefined {
  const key = cookies.get('flash')
  if (!key) return undefined
  cookies.clear('flash')
  const message = isFlashKey(key) ? auth.messages[key] : null
  return message ? [message[0], translateMessage(auth, message[1], request)] : undefined
}

/** In our own words where the app's translation fails: nobody's page breaks over a message. */
function translateMessage({ deps, translate }: Auth, text: string, request: Request) {
  try {
    return translate(text, request)
  } catch (error) {
    deps.log.error({ err: error }, 'auth.translate failed')
    return text
  }
}
