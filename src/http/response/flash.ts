import type { Message } from '@/ui/layout'
import { isFlash, type Flash } from '@/ui/flash-messages'
import type { Auth, Cookies } from '@/http/types'

const LIFE = 60 // seconds: from one page to the next

/** Leaves a message for the next page. It takes the place of one that was not seen yet, unless that is the alarm. */
export function leaveFlash(auth: Auth, cookies: Cookies, flash: Flash) {
  if (auth.messages[flash] !== null && cookies.find('flash') !== 'theft') cookies.set('flash', flash, LIFE)
}

/** The message that was left for this page, in the reader's language. It is said once. */
export function takeFlash(auth: Auth, cookies: Cookies, request: Request): Message | undefined {
  const key = cookies.find('flash')
  if (!key) return undefined
  cookies.clear('flash')
  const message = isFlash(key) ? auth.messages[key] : null
  return message ? [message[0], translated(auth, message[1], request)] : undefined
}

/** In our own words where the app's translation fails: nobody's page breaks over a message. */
function translated({ deps, translate }: Auth, text: string, request: Request) {
  try {
    return translate(text, request)
  } catch (error) {
    deps.log.error({ err: error }, 'auth.translate failed')
    return text
  }
}
