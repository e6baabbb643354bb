import type { FlashMessage } from '@/ui/layout'
import { isFlashKey, type FlashKey } from '@/ui/flash-messages'
import type { Auth, Cookies } from '@/http/types'

const FLASH_MAX_AGE = 60 // seconds

/** Replaces a message that was not shown yet, except the security alert. */
export function setFlash(auth: Auth, cookies: Cookies, flash: FlashKey) {
  if (auth.messages[flash] !== null && cookies.get('flash') !== 'theft') cookies.set('flash', flash, FLASH_MAX_AGE)
}

export function consumeFlash(auth: Auth, cookies: Cookies, request: Request): FlashMessage | undefined {
  const key = cookies.get('flash')
  if (!key) return undefined
  cookies.clear('flash')
  const message = isFlashKey(key) ? auth.messages[key] : null
  return message ? [message[0], translateMessage(auth, message[1], request)] : undefined
}

/** Falls back to our text if the translation of the app fails, so that no page breaks. */
function translateMessage({ deps, translate }: Auth, text: string, request: Request) {
  try {
    return translate(text, request)
  } catch (error) {
    deps.log.error({ err: error }, 'auth.translate failed')
    return text
  }
}
