import type { AuthEvent } from '@/events'
import type { SecurityEvent } from '@/model/security-events'
import type { EndReason } from '@/model/sessions'

type Kind = AuthEvent['kind']

const ended: Partial<Record<string, string>> = {
  revoked: 'A session was ended by hand.',
  password: 'A session ended because the password was changed.',
  deactivated: 'A session ended because the account was deactivated.',
  theft: 'A session ended because its token was copied.',
} satisfies Partial<Record<EndReason, string>>

const by = ({ hand }: SecurityEvent, own: string, other: string) => (hand === 'own' ? own : other)
const named = ({ about }: SecurityEvent) => (about === null ? '' : ` “${about}”`)

const times = (n: number) => (n === 1 ? '' : ` ${n} times`)

/** What happened, for people who have never read a log. */
const sentences: { [K in Kind]?: (event: SecurityEvent) => string } = {
  'signed-up': () => 'The account was made.',
  'logged-in': () => 'Logged in with the password.',
  'new-device': () => 'It was the first login from this browser.',
  'login-failed': ({ tries_count: n }) => `Somebody typed a wrong password${times(n)}.`,
  'password-shut': () =>
    'A hundred wrong passwords in a row: only browsers that you used before can still log in. Change the password to end that.',
  'login-confirmed': () => 'The password was typed again.',
  'logged-out': () => 'Logged out.',
  restored: ({ tries_count: n }) => `A remembered device came back without a password${times(n)}.`,
  'fingerprint-changed': ({ tries_count: n }) =>
    `A session went on in another browser, or the browser was updated${times(n)}.`,
  'session-ended': ({ reason }) => ended[reason ?? ''] ?? 'A session ended.',
  'device-forgotten': () => 'A remembered device was forgotten.',
  'sessions-revoked': (event) =>
    by(event, 'You ended all your other sessions.', 'An administrator ended all your sessions.'),
  'remember-theft': () => 'The token of a remembered device was used twice: somebody had copied it.',
  'password-changed': (event) => by(event, 'You changed your password.', 'An administrator gave you another password.'),
  'token-created': (event) => `The API token${named(event)} was created.`,
  'token-revoked': (event) => `The API token${named(event)} was revoked.`,
  'role-changed': (event) => `An administrator changed your role to${named(event)}.`,
  'user-deactivated': () => 'An administrator deactivated the account.',
  'user-activated': () => 'An administrator activated the account again.',
}

const isKind = (kind: string): kind is Kind => Object.hasOwn(sentences, kind)

export const sentenceOf = (event: SecurityEvent) =>
  (isKind(event.kind) ? sentences[event.kind]?.(event) : undefined) ?? 'Something happened that has no words here.'

/** What one should look at twice. */
export const isWorrying = ({ kind }: SecurityEvent) =>
  kind === 'remember-theft' || kind === 'login-failed' || kind === 'new-device' || kind === 'password-shut'
