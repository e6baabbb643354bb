import type { Selectable } from 'kysely'
import type { EndReason, Schema, UserColumn } from '@db/schema'

// Types that several folders of the model share.

export type { EndReason }

/** A user as the app knows them. The password hash stays in the model. */
export type User = Pick<Selectable<Schema['users']>, UserColumn>

export type UserWithStatus = User & Pick<Schema['users'], 'deactivated_at'>

export type Session = Omit<Schema['sessions'], 'ended_at' | 'ended_reason'>

/** The session that a token belongs to. */
export type SessionLookup =
  { kind: 'active'; session: Session; user: User } | { kind: 'ended'; session: Session; user: User; reason: EndReason }

/** A browser as the server sees it. */
export interface Client {
  /** `SESSION_PROTECTION` compares it. */
  fingerprint: string
  userAgent: string
  /** The shortened IP, which may be stored. */
  ip: string
  /** The IP or its /64, by which limits count. Only its hash is stored. */
  source?: string
  /** The value of the `device` cookie. */
  deviceToken?: string
}

/** The result of a login attempt. `wait` means that no password was checked. */
export type AuthResult = { kind: 'ok'; user: User } | AuthFailure

export type AuthFailure = { kind: 'invalid' } | RateLimited

export interface RateLimited {
  kind: 'rate-limited'
  retryAfterMs: number
  /** The account is locked: only a new password or a known device opens it. */
  isLocked?: boolean
}
