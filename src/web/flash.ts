import type { Message } from '@/ui/layout'
import type { Cookies } from './cookies'

const LIFE = 60 // seconds: from one page to the next

/** Every sentence the site can flash. The cookie carries only the key, so it needs no signature. */
const messages = {
  'account-created': ['success', 'Account created. Please log in.'],
  'logged-in': ['success', 'Logged in successfully.'],
  'logged-out': ['info', 'You have been logged out.'],
  'login-required': ['error', 'Please log in to access this page.'],
  'fresh-login-required': ['info', 'Please reauthenticate to access this page.'],
  'session-timed-out': ['info', 'Session timed out, please re-login.'],
  'session-revoked': ['info', 'This session was ended from another device. Please log in again.'],
  'password-changed-elsewhere': ['info', 'Your password was changed. Please log in with the new one.'],
  theft: [
    'error',
    'Somebody else may have used your login on this device, so it was ended. Please log in, and change your password if that was not you.',
  ],
  'profile-saved': ['success', 'Your profile has been saved.'],
  'password-not-changed': [
    'error',
    'Your password was not changed: this session ended, or your password was changed elsewhere, in the same moment.',
  ],
  'password-changed': ['success', 'Your password has been changed.'],
} as const satisfies Record<string, Message>

export type Flash = keyof typeof messages

const isFlash = (key: string): key is Flash => Object.hasOwn(messages, key)

/** Leaves a message for the next page. It takes the place of one that was not seen yet, unless that is the alarm. */
export function leaveFlash(cookies: Cookies, flash: Flash) {
  if (cookies.find('flash') !== 'theft') cookies.set('flash', flash, LIFE)
}

export function takeFlash(cookies: Cookies) {
  const key = cookies.find('flash')
  if (key) cookies.clear('flash')
  return key && isFlash(key) ? messages[key] : undefined
}
