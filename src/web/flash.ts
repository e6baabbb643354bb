import type { Message } from '@/ui/layout'
import type { Auth } from './auth'
import type { Cookies } from './cookies'
import type { Flash } from './flash-messages'

const LIFE = 60 // seconds: from one page to the next

const isFlash = ({ messages }: Auth, key: string): key is Flash => Object.hasOwn(messages, key)

/** Leaves a message for the next page. It takes the place of one that was not seen yet, unless that is the alarm. */
export function leaveFlash(auth: Auth, cookies: Cookies, flash: Flash) {
  if (auth.messages[flash] !== null && cookies.find('flash') !== 'theft') cookies.set('flash', flash, LIFE)
}

/** The message that was left for this page, in the reader's language. It is said once. */
export function takeFlash(auth: Auth, cookies: Cookies, request: Request): Message | undefined {
  const key = cookies.find('flash')
  if (!key) return undefined
  cookies.clear('flash')
  const message = isFlash(auth, key) ? auth.messages[key] : null
  return message ? [message[0], auth.translate(message[1], request)] : undefined
}
