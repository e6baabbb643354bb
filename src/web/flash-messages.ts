import type { Message } from '@/ui/layout'

/** Every sentence the site can flash. The cookie carries only the key, so it needs no signature. */
export const messages = {
  'account-created': ['success', 'Account created. Please log in.'],
  'logged-in': ['success', 'Logged in successfully.'],
  'logged-out': ['info', 'You have been logged out.'],
  'login-required': ['error', 'Please log in to access this page.'],
  'fresh-login-required': ['info', 'Please reauthenticate to access this page.'],
  'session-timed-out': ['info', 'Session timed out, please re-login.'],
  'session-revoked': ['info', 'This session was ended from elsewhere. Please log in again.'],
  'password-changed-elsewhere': ['info', 'Your password was changed. Please log in with the new one.'],
  theft: [
    'error',
    'Somebody else may have used your login on this device, so it was ended. Please log in, and change your password if that was not you.',
  ],
  'profile-saved': ['success', 'Your profile has been saved.'],
  'draft-discarded': ['info', 'It was thrown away, and nothing was done.'],
  'draft-gone': ['info', 'There is nothing left to send: it was sent, thrown away, or waited too long.'],
  'password-not-changed': [
    'error',
    'Your password was not changed: this session ended, or your password was changed elsewhere, in the same moment.',
  ],
  'password-changed': ['success', 'Your password has been changed.'],
  'token-revoked': ['success', 'The token has been revoked. Whatever still uses it is refused from now on.'],
  'user-activated': ['success', 'The account has been activated.'],
  'user-deactivated': ['success', 'The account has been deactivated, and every session of it has ended.'],
  'sessions-ended': ['success', 'Every session of this account has ended.'],
  'session-ended': ['success', 'That session has ended. It stays out unless somebody types your password there.'],
  'other-sessions-ended': ['success', 'All other sessions have ended, and no other device is remembered.'],
  'role-changed': ['success', 'The role has been changed. It counts from the next request.'],
} as const satisfies Record<string, Message>

export type Flash = keyof typeof messages

export const isFlash = (key: string): key is Flash => Object.hasOwn(messages, key)
