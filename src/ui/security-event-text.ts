import type { AuthEvent } from '@/deps/events'
import type { SecurityEvent } from '@/model/security-events/event-list'
import type { EndReason } from '@/model/types'

type Kind = AuthEvent['kind']

const ended: Partial<Record<string, string>> = {
  revoked: 'A session was ended by you or an administrator.',
  password: 'A session ended because the password changed.',
  deactivated: 'A session ended because the account was deactivated.',
  theft: 'A session ended because its token was copied.',
} satisfies Partial<Record<EndReason, string>>

const by = ({ actor }: SecurityEvent, own: string, other: string) => (actor === 'self' ? own : other)
const named = ({ subject }: SecurityEvent) => (subject === null ? '' : ` “${subject}”`)

const times = (n: number) => (n === 1 ? '' : ` ${n} times`)

const sentences: { [K in Kind]?: (event: SecurityEvent) => string } = {
  'signed-up': () => 'Account created.',
  'logged-in': () => 'Logged in with password.',
  'new-device': () => 'First login from this browser.',
  'login-failed': ({ count: n }) => `Wrong password entered${times(n)}.`,
  'account-locked': () =>
    'Account locked after 100 wrong passwords. You can still log in from browsers you used before. Change your password to unlock it.',
  'account-unlocked': () => 'An administrator unlocked your account.',
  reauthenticated: () => 'Password confirmed.',
  'logged-out': () => 'Logged out.',
  'session-restored': ({ count: n }) => `Logged in by a remembered device${times(n)}.`,
  'client-changed': ({ count: n }) => `The browser of a session changed or was updated${times(n)}.`,
  'session-ended': ({ reason }) => ended[reason ?? ''] ?? 'A session ended.',
  'device-revoked': () => 'A remembered device was removed.',
  'sessions-revoked': (event) =>
    by(event, 'You ended all your other sessions.', 'An administrator ended all your sessions.'),
  'remember-token-reused': () => 'An outdated remember-me token was used. Someone may have copied it.',
  'password-changed': (event) => by(event, 'You changed your password.', 'An administrator reset your password.'),
  'token-created': (event) => `The API token${named(event)} was created.`,
  'token-revoked': (event) => `The API token${named(event)} was revoked.`,
  'role-changed': (event) => `An administrator changed your role to${named(event)}.`,
  'user-deactivated': () => 'An administrator deactivated your account.',
  'user-activated': () => 'An administrator reactivated your account.',
}

const isKind = (kind: string): kind is Kind => Object.hasOwn(sentences, kind)

export const securityEventText = (event: SecurityEvent) =>
  (isKind(event.kind) ? sentences[event.kind]?.(event) : undefined) ?? 'Unknown event'

/** Events that may be an attack. */
export const isWarning = ({ kind }: SecurityEvent) =>
  kind === 'remember-token-reused' || kind === 'login-failed' || kind === 'new-device' || kind === 'account-locked'
