import type { Selectable } from 'kysely'
import type { EndReason } from '@db/session-tables'
import type { Schema, UserColumn } from '@db/schema'

export type { EndReason }

/** Without the password hash, which only `authenticate` reads. */
export type User = Pick<Selectable<Schema['users']>, UserColumn>

export type UserWithStatus = User &
  Pick<Schema['users'], 'deactivated_at' | 'deletion_at' | 'email_rejected_at' | 'email_declined_at'> & {
    state: UserState
  }

/** `locked`: after too many failed logins, only known devices can log in. */
export type UserState = 'active' | 'locked' | 'deactivated'

export type Session = Omit<Schema['sessions'], 'ended_at' | 'ended_reason'>

export type SessionLookup =
  { kind: 'active'; session: Session; user: User } | { kind: 'ended'; session: Session; user: User; reason: EndReason }

export interface Client {
  fingerprint: string
  userAgent: string
  /** Shortened, so that it may be stored. */
  ip: string
  /** The IPv4 address or IPv6 /64. Only its hash is stored. */
  source?: string
  deviceToken?: string
}

/** `password` is the text that matched: as typed, or without white space at its ends. */
export type AuthResult = PasswordResult | Unverified

/**
 * `loginHitId`: with two-step verification the attempt still counts into the limit of the source. `logIn` takes the id, so that
 * the completed login refunds it.
 */
export type PasswordResult =
  { kind: 'ok'; user: User; password: string; loginHitId?: string } | DeletionScheduled | AuthFailure

/** The password is right, but the user must confirm the email address. No session may start. `loginHitId`: as above. */
export type Unverified = { kind: 'unverified'; user: User; loginHitId?: string }

/** The password is right, but the account is deleted soon. No session may start. */
export type DeletionScheduled = { kind: 'deletion-scheduled'; user: User }

export type AuthFailure = { kind: 'invalid' } | RateLimited

/** No password was checked. */
export interface RateLimited {
  kind: 'rate-limited'
  retryAfterMs: number
  by: 'account' | 'known-device' | 'source' | 'network'
  /** Waiting does not help: only a new password or a known device does. */
  isLocked?: boolean
}
