import type { FlashMessage } from './flash-area'

/**
 * Every sentence the site can flash. The cookie carries only the key, so it needs no signature. `{grace}` becomes the time until a
 * deletion. `{name}` becomes the name of
 * the logged-in user; a visitor does not see such a message.
 */
export const flashMessages = {
  // Your messages

  // Messages of the core
  saved: ['success', 'Saved.'],
  deleted: ['success', 'Deleted.'],
  'account-created': ['success', 'Account created. Please log in.'],
  'other-account-created': [
    'success',
    'Account created. You are still logged in as {name}. Log out to use the new account.',
  ],
  'account-created-with-space': [
    'success',
    'Account created. Please log in. Your password starts or ends with a space, so type that space too.',
  ],
  'logged-in': ['success', 'Logged in successfully.'],
  'logged-out': ['info', 'You have been logged out.'],
  'cookies-blocked': ['error', 'Your browser blocks cookies. Allow cookies for this site to log in.'],
  'login-required': ['info', 'Please log in to access this page.'],
  'fresh-login-required': ['info', 'Please reauthenticate to access this page.'],
  'session-timed-out': ['info', 'Session timed out, please re-login.'],
  'session-revoked': ['info', 'This session was ended from another device. Please log in again.'],
  'password-changed-elsewhere': ['info', 'Your password was changed. Please log in with the new one.'],
  theft: [
    'error',
    'Someone may have copied your login on this device, so we ended it. Log in, and change your password if this was not you.',
  ],
  'theme-saved': ['success', 'Your theme has been saved.'],
  'profile-saved': ['success', 'Your profile has been saved.'],
  'saved-request-discarded': ['info', 'Form discarded. Nothing was saved.'],
  'interrupted-request-discarded': ['info', 'Form discarded. It may have been sent before.'],
  'saved-request-in-progress': [
    'info',
    'Your last attempt to send this form has not finished. Check the result in a minute.',
  ],
  'saved-request-gone': ['info', 'This form is no longer available: it was sent, discarded or has expired.'],
  'password-not-changed': [
    'error',
    'Your password was not changed, because this session ended or the password was changed elsewhere at the same time. Please try again.',
  ],
  'password-changed': ['success', 'Your password has been changed.'],
  'password-changed-with-space': [
    'success',
    'Your password has been changed. It starts or ends with a space, so type that space too.',
  ],
  'password-reset': ['success', 'Your password has been changed. Please log in with the new one.'],
  'password-reset-other': [
    'success',
    'The other account’s password has been changed. You are still logged in to this one.',
  ],
  'account-secured': ['info', 'Your account is secured. Choose a new password to use it again.'],
  'account-recovered': ['success', 'Your account is yours again. Please log in with the new password.'],
  'mail-resent': ['info', 'If we can send another email, it will arrive in a few minutes.'],
  'logged-in-without-password': [
    'info',
    'You are logged in, and your email address is confirmed. The old password no longer works: reset it to choose a new one.',
  ],
  'account-confirmed': ['success', 'Your email address is confirmed, and you are logged in.'],
  'account-exists': ['info', 'There is already an account with this address. Please log in.'],
  'email-confirmed': ['success', 'Your email address is confirmed.'],
  'confirm-email-first': ['info', 'Please confirm your email address first.'],
  'email-change-requested': ['info', 'We sent an email to the new address. Your address changes once you confirm it.'],
  'email-changed': ['success', 'Your email address has been changed.'],
  'email-change-cancelled': ['info', 'Your email address stays the same.'],
  'second-step-expired': ['info', 'Your login has expired. Please log in again.'],
  'second-step-dropped': ['error', 'Too many wrong codes. Please log in again.'],
  'two-step-required': ['info', 'This site requires two-step verification. Set it up to continue.'],
  'two-step-turned-on': ['info', 'Two-step verification was turned on for your account. Please log in again.'],
  'two-step-on': ['success', 'Two-step verification is on.'],
  'two-step-off': ['success', 'Two-step verification is off.'],
  'passkey-added': ['success', 'Passkey added.'],
  'security-key-added': ['success', 'Security key added. You can use it for two-step verification.'],
  'passkey-removed': ['success', 'Passkey removed.'],
  'app-added': ['success', 'Authenticator app added.'],
  'app-removed': ['success', 'Authenticator app removed.'],
  'recovery-codes-saved': ['success', 'Your new recovery codes are active. The old ones no longer work.'],
  'recovery-codes-left-9': ['info', 'Recovery code used. You have 9 left.'],
  'recovery-codes-left-8': ['info', 'Recovery code used. You have 8 left.'],
  'recovery-codes-left-7': ['info', 'Recovery code used. You have 7 left.'],
  'recovery-codes-left-6': ['info', 'Recovery code used. You have 6 left.'],
  'recovery-codes-left-5': ['info', 'Recovery code used. You have 5 left.'],
  'recovery-codes-left-4': ['info', 'Recovery code used. You have 4 left.'],
  'recovery-codes-left-3': ['info', 'Recovery code used. You have 3 left.'],
  'recovery-codes-left-2': ['info', 'Recovery code used. You have 2 left.'],
  'recovery-codes-left-1': ['info', 'Recovery code used. You have 1 left.'],
  'recovery-codes-left-0': ['error', 'Recovery code used. You have none left. Create new codes now.'],
  'trusted-browsers-revoked': ['success', 'All browsers will ask for the second step again.'],
  'password-removed': ['success', 'Your password was removed.'],
  'factor-reset-requested': ['info', 'Check your email for a link to start the waiting period.'],
  'factor-reset-started': ['info', 'The waiting period has started. Check your email for the date.'],
  'factor-reset-cancelled': ['success', 'Two-step verification will not be removed.'],
  'factors-reset': ['success', 'Two-step verification was removed.'],
  'factors-reset-without-password': [
    'success',
    'Two-step verification was removed. This user has no password: send a password reset.',
  ],
  'notifications-saved': ['success', 'Your settings have been saved.'],
  'deletion-requested': [
    'info',
    'Your account is scheduled for deletion. To keep it, log in before the date in our email.',
  ],
  'deletion-requested-without-mail': [
    'info',
    'Your account will be deleted in {grace}. To keep it, log in before then.',
  ],
  'deletion-cancelled': ['success', 'Your account will not be deleted.'],
  'user-deletion-requested': ['success', 'The account is scheduled for deletion.'],
  'user-deletion-cancelled': ['success', 'The account will not be deleted.'],
  'token-revoked': ['success', 'Token revoked. Programs that use it no longer have access.'],
  'user-activated': ['success', 'Account activated.'],
  'user-unlocked': ['success', 'Account unlocked.'],
  'user-deactivated': ['success', 'Account deactivated. All its sessions have ended.'],
  'sessions-ended': ['success', 'All sessions of this account have ended.'],
  'session-ended': ['success', 'Session ended. You must log in again on that device.'],
  'other-sessions-ended': ['success', 'All other sessions have ended. No other device is remembered.'],
  'role-changed': ['success', 'Role changed.'],
  'mail-retried': ['success', 'The email will be sent again shortly.'],
  'mail-cancelled': ['success', 'The email will not be sent.'],
  'user-reset-sent': ['success', 'A password reset email is on its way.'],
  'user-email-verified': ['success', 'The address is marked as confirmed.'],
  'user-verification-sent': ['success', 'A confirmation email is on its way.'],
  'user-email-changed': ['success', 'The address has been changed. It is not confirmed yet.'],
} as const satisfies Record<string, FlashMessage>

export type FlashKey = keyof typeof flashMessages

export const isFlashKey = (key: string): key is FlashKey => Object.hasOwn(flashMessages, key)
