import type { AuthEvent } from '@/deps/events'
import { quantity } from '@/lib/quantity'
import type { SecurityEvent } from '@/model/security-events/event-list'
import type { IconName, Tone } from './icon'
import type { EndReason } from '@/model/types'

type Kind = AuthEvent['kind']

const ended: Partial<Record<string, string>> = {
  revoked: 'A session was ended by you or an administrator.',
  password: 'A session ended because the password changed.',
  deactivated: 'A session ended because the account was deactivated.',
  deleted: 'A session ended because the account was scheduled for deletion.',
  theft: 'A session ended because its token was copied.',
  secured: 'A session ended because the account was secured.',
  factors: 'A session ended because two-step verification was turned on.',
} satisfies Partial<Record<EndReason, string>>

const by = ({ actor }: SecurityEvent, own: string, other: string) => (actor === 'self' ? own : other)
const named = ({ subject }: SecurityEvent) => (subject === null ? '' : ` “${subject}”`)

const times = (n: number) => (n === 1 ? '' : n === 2 ? ' twice' : ` ${n} times`)

const factorName = ({ reason }: SecurityEvent) => (reason === 'passkey' ? 'A passkey' : 'An authenticator app')

/** `reason` has the methods of the login; null for a password alone. */
function loginText({ reason }: SecurityEvent) {
  const methods = reason?.split(' ') ?? []
  if (methods.includes('passkey')) return 'Logged in with a passkey.'
  const first = methods.includes('email-code') ? 'a code from an email' : 'a password'
  if (methods.includes('totp')) return `Logged in with ${first} and a code.`
  if (methods.includes('recovery-code')) return `Logged in with ${first} and a recovery code.`
  if (methods.includes('security-key')) return `Logged in with ${first} and a security key.`
  if (methods.includes('trusted-browser')) return `Logged in with ${first} in a trusted browser.`
  return methods.includes('email-code') ? 'Logged in with a code from an email.' : 'Logged in with password.'
}

/** `reason` is null at a login. */
function wrongCodesText({ count, reason }: SecurityEvent) {
  const codes = quantity(count, 'wrong code')
  if (reason === 'relogin') return `In a session of yours, ${codes} ${count === 1 ? 'was' : 'were'} entered.`
  if (reason === 'reset-password') return `A link from an email was opened, followed by ${codes}.`
  if (reason === 'email-login') return `A code from an email was entered, followed by ${codes}.`
  return `Your password was entered, followed by ${codes}.`
}

const sentences: { [K in Kind]?: (event: SecurityEvent) => string } = {
  'signed-up': () => 'Account created.',
  'logged-in': loginText,
  'new-device': () => 'First login from this browser.',
  'login-failed': ({ count: n }) => `Wrong password entered${times(n)}.`,
  'account-locked': () =>
    'Account locked after 100 wrong passwords. You can still log in from browsers you used before. Change your password to unlock it.',
  'account-unlocked': () => 'An administrator unlocked your account.',
  reauthenticated: ({ reason }) => (reason === null ? 'Password confirmed.' : 'Login confirmed.'),
  'logged-out': () => 'Logged out.',
  'session-restored': ({ count: n }) => `Logged in by a remembered device${times(n)}.`,
  'client-changed': ({ count: n }) => `The browser of a session changed or was updated${times(n)}.`,
  'session-ended': ({ reason }) => ended[reason ?? ''] ?? 'A session ended.',
  'device-revoked': () => 'A remembered device was removed.',
  'sessions-revoked': (event) =>
    by(event, 'You ended all your other sessions.', 'An administrator ended all your sessions.'),
  'remember-token-reused': () => 'An outdated remember-me token was used. Someone may have copied it.',
  'password-changed': (event) =>
    event.reason === 'reset'
      ? 'You chose a new password with a link from an email.'
      : by(event, 'You changed your password.', 'An administrator reset your password.'),
  'password-reset-requested': ({ actor }) =>
    actor === null
      ? 'Someone asked for an email with a link to choose a new password.'
      : 'An administrator sent you an email with a link to choose a new password.',
  'verification-requested': () => 'An administrator sent you an email to confirm your address.',
  'email-verified': (event) =>
    by(event, 'You confirmed your email address.', 'An administrator marked your email address as confirmed.'),
  'email-change-requested': () => 'You asked to change your email address.',
  'email-changed': (event) =>
    by(event, 'You changed your email address.', 'An administrator changed your email address.'),
  'account-secured': () => 'You secured this account: all access ended, and the password was disabled.',
  'email-change-undone': () => 'Your previous email address was restored.',
  'second-step-required': ({ reason }) =>
    `${reason === 'email-code' ? 'A code from an email' : 'The password'} was entered. Two-step verification was required.`,
  'second-step-failed': wrongCodesText,
  'second-step-abandoned': () => 'A login with your password was not completed.',
  'codes-locked': () => 'Codes were disabled after 100 wrong ones.',
  'factor-added': (event) => `${factorName(event)} was added.`,
  'factor-removed': (event) => `${factorName(event)} was removed.`,
  'recovery-codes-created': () => 'New recovery codes were created.',
  'recovery-code-used': ({ subject }) => `A recovery code was used. ${subject ?? 0} left.`,
  'two-step-enabled': () => 'Two-step verification was turned on.',
  'two-step-disabled': () => 'Two-step verification was turned off.',
  'browser-trusted': () => 'A browser was set to skip two-step verification.',
  'trusted-browsers-revoked': () => 'All trusted browsers were removed.',
  'passkey-flagged': () => 'A passkey was blocked because it may have been copied.',
  'password-set': () => 'A password was set.',
  'password-removed': () => 'The password was removed.',
  'factors-reset': () => 'Two-step verification was reset.',
  'factor-reset-requested': () => 'Removal of two-step verification was requested.',
  'factor-reset-confirmed': () => 'The waiting period for removing two-step verification started.',
  'factor-reset-cancelled': () => 'Removal of two-step verification was cancelled.',
  'token-created': (event) => `The API token${named(event)} was created.`,
  'token-revoked': (event) => `The API token${named(event)} was revoked.`,
  'data-exported': () => 'You downloaded your data.',
  'notification-muted': () => 'You turned off emails about logins from new browsers.',
  'notification-unmuted': () => 'You turned on emails about logins from new browsers.',
  'role-changed': (event) => `An administrator changed your role to${named(event)}.`,
  'deletion-requested': (event) =>
    by(event, 'You asked to delete this account.', 'An administrator scheduled your account for deletion.'),
  'deletion-cancelled': (event) =>
    by(event, 'You decided to keep this account.', 'An administrator cancelled the deletion of your account.'),
  'user-deactivated': () => 'An administrator deactivated your account.',
  'user-activated': () => 'An administrator reactivated your account.',
}

const isKind = (kind: string): kind is Kind => Object.hasOwn(sentences, kind)

export const securityEventText = (event: SecurityEvent) =>
  (isKind(event.kind) ? sentences[event.kind]?.(event) : undefined) ?? 'Unknown event'

const icons: { [K in Kind]?: IconName } = {
  'logged-in': 'login',
  'session-restored': 'login',
  'logged-out': 'logout',
  'session-ended': 'logout',
  'sessions-revoked': 'logout',
  'device-revoked': 'logout',
  'account-unlocked': 'unlock',
  reauthenticated: 'key',
  'password-changed': 'key',
  'password-reset-requested': 'key',
  'verification-requested': 'user',
  'email-verified': 'user',
  'email-change-requested': 'user',
  'email-changed': 'user',
  'account-secured': 'key',
  'email-change-undone': 'user',
  'second-step-required': 'login',
  'second-step-failed': 'key',
  'second-step-abandoned': 'login',
  'codes-locked': 'lock',
  'factor-added': 'key',
  'factor-removed': 'key',
  'recovery-codes-created': 'key',
  'recovery-code-used': 'key',
  'two-step-enabled': 'lock',
  'two-step-disabled': 'unlock',
  'trusted-browsers-revoked': 'logout',
  'passkey-flagged': 'key',
  'password-set': 'key',
  'password-removed': 'key',
  'factors-reset': 'unlock',
  'factor-reset-requested': 'unlock',
  'factor-reset-confirmed': 'unlock',
  'factor-reset-cancelled': 'lock',
  'token-created': 'code',
  'token-revoked': 'code',
  'data-exported': 'download',
  'signed-up': 'user',
  'role-changed': 'user',
  'deletion-requested': 'user',
  'deletion-cancelled': 'user',
  'user-deactivated': 'user',
  'user-activated': 'user',
}

export const securityEventIcon = ({ kind }: SecurityEvent): IconName => (isKind(kind) && icons[kind]) || 'info'

type Attention = { tone: Tone; badge: string }

/** The correct password was entered, or a protection was lost. */
const warnings: readonly string[] = [
  'second-step-failed',
  'second-step-abandoned',
  'codes-locked',
  'passkey-flagged',
  'factors-reset',
  'factor-reset-requested',
  'factor-reset-confirmed',
] satisfies Kind[]

/** For events that the user must check. A wrong password is no such event: most are the user's own. */
export function attentionOf({ kind, reason }: SecurityEvent): Attention | undefined {
  if (warnings.includes(kind)) return { tone: 'warning', badge: 'Check this' }
  if (kind === 'remember-token-reused') return { tone: 'danger', badge: 'Check this' }
  if (kind === 'account-locked') return { tone: 'warning', badge: 'Locked' }
  if (kind === 'password-changed' && reason === 'new-place') return { tone: 'warning', badge: 'New place' }
}
