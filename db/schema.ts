import type { Generated } from 'kysely'
import type { AccountTables } from './account-tables'
import type { ClusterTables } from './cluster-tables'
import type { FactorTables } from './factor-tables'
import type { LimitTables } from './limit-tables'
import type { MailTables } from './mail-tables'
import type { SessionTables } from './session-tables'

// Your columns of `users`, and the list of those that `currentUser` has
type OwnUserColumns = {}
export const ownUserColumns = [] as const satisfies (keyof OwnUserColumns)[]

/**
 * Times are epoch milliseconds; null means "not yet". `…_hash` is SHA-256 in hex, except for `password_hash`. An IP is
 * shortened. `browser` contains only the name of the browser.
 */
export interface Schema extends AccountTables, SessionTables, LimitTables, FactorTables, MailTables, ClusterTables {
  // Your tables

  // Tables of the core
  users: OwnUserColumns & {
    id: string
    email: string
    /** The same for all spellings of an address. */
    canonical_email: string
    name: string
    /** The name in lower case, for the search in `/admin/users`. */
    search_name: Generated<string>
    role: Role
    /** Null for a user who has no password. */
    password_hash: string | null
    password_changed_at: number
    /** Each password change increases it, so that only one of two concurrent changes succeeds. */
    password_version: number
    deactivated_at: number | null
    /** When a remember token was reused; null after the user has seen the alert. */
    theft_alert_at: number | null
    /** When the user proved that the address is theirs; null if not yet. */
    email_verified_at: number | null
    /** When an admin or the command line gave the account its address; null if the user chose it. */
    email_assigned_at: number | null
    /** When the mail server of the address refused it. The next accepted mail clears it. */
    email_rejected_at: number | null
    /** The owner of the mailbox said that the account is not theirs. Then only mails that give access go there. */
    email_declined_at: number | null
    /** The last password reset by mail. */
    recovered_at: number | null
    /** Since then no password is accepted, until a reset. */
    secured_at: number | null
    /** Since then the user gets no mail about logins from new browsers. */
    new_device_muted_at: number | null
    deletion_requested_at: number | null
    /** The account is deleted at this time, unless the user keeps it. */
    deletion_at: number | null
    /** The last mail before the deletion. */
    deletion_reminded_at: number | null
    /** Since when a login needs a second factor; null while two-step verification is off. Only `missingFactor` decides by it. */
    two_step_enabled_at: number | null
    /** The user has added a factor and not saved recovery codes yet; null when two-step verification is on. */
    two_step_setup_at: number | null
    /** Each change of factors, trusted browsers or two-step verification increases it. */
    factors_version: Generated<number>
    /** Random, in base64url: what an authenticator stores instead of the user's id. */
    passkey_user_handle: string | null
    created_at: number
  }
}

/** The columns of the type `User`, which excludes the password hash. */
export type UserColumn = (typeof ownUserColumns)[number] | CoreUserColumn
type CoreUserColumn =
  | 'id'
  | 'email'
  | 'name'
  | 'role'
  | 'created_at'
  | 'password_changed_at'
  | 'password_version'
  | 'theft_alert_at'
  | 'email_verified_at'
  | 'email_assigned_at'
  | 'two_step_enabled_at'
  | 'factors_version'

export type Role = 'user' | 'support' | 'admin'
