import type { EndReason, Role, LimitName } from '@db/schema'

/** What a failed login failed over. It is for the house alone: no answer tells it. */
export type LoginFailure = 'unknown-email' | 'wrong-password' | 'deactivated' | 'user-changed' | 'unknown-user'

/** Whose hand did it: a user's id, or the command line's. */
export type Actor = string

type OfUser = { userId: string }
type OfSession = OfUser & { sessionId: string }
type OfToken = OfUser & { tokenId: string }

/**
 * What happens to accounts, each told exactly once, after it is true. Events carry ids and no names, addresses or
 * secrets, so they can be logged as they are.
 */
interface Events {
  'signed-up': OfUser & { role: Role; by: Actor }
  'logged-in': OfSession & { remembered: boolean }
  /** A login from a browser that the history of the account does not know. */
  'new-device': OfSession
  'login-failed': { reason: LoginFailure; userId?: string }
  /** A rate limit refused a request: of the account, the known device, the source or its network. */
  'rate-limited': { by: 'account' | 'known-device' | 'source' | 'network' }
  /** Many sources together reached the alarm of a limit: `count` confirmed hits. Nobody is refused. */
  'attack-suspected': { limit: LimitName; count: number }
  /** A hundred wrong passwords in a row: no browser that the account does not know gets in, until there is a new one. */
  'account-locked': OfUser
  reauthenticated: OfSession
  'logged-out': OfSession
  /** A remember token started a session. */
  'session-restored': OfSession
  /** An API token opened a request. */
  'token-used': OfToken
  /** A closed door: nobody is logged in, or who is may not enter. */
  'access-denied': { reason: 'unauthenticated' | 'forbidden'; path: string; userId?: string }
  /** A door that wants a fresh login. */
  'reauth-required': OfSession & { path: string }
  'client-changed': OfSession
  'session-ended': OfSession & { reason: EndReason }
  /** A remembered device that nobody was logged in on, with its last session. */
  'device-revoked': OfSession
  /** All of them ended, by an admin's hand, or all others by the user's own; each is told as `session-ended`, too. */
  'sessions-revoked': OfUser & { by: Actor }
  /** A remember token was used a second time: two browsers have it. */
  'remember-token-reused': OfUser & { seriesId: string }
  'password-changed': OfUser & { by: Actor }
  'token-created': OfToken
  'token-revoked': OfToken
  'role-changed': OfUser & { from: Role; to: Role; by: Actor }
  'user-deactivated': OfUser & { by: Actor }
  'user-activated': OfUser & { by: Actor }
}

export type EventKind = keyof Events

export type AuthEvent<K extends EventKind = EventKind> = { [One in K]: { kind: One } & Events[One] }[K]
