/** The history of users, and changes of their addresses. See `Schema` for what all tables share. */
export interface AccountTables {
  /** The history that the user can read. */
  security_events: {
    /** Unique per user; sorts by time. */
    id: string
    user_id: string
    kind: string
    reason: string | null
    /** `other` is an admin or the command line. */
    actor: EventActor | null
    /** The name of a token or a role. */
    subject: string | null
    /** Empty if no browser caused the event. */
    browser: string
    ip: string
    created_at: number
    /** How many equal events within an hour the row stands for. */
    count: number
  }
  /** Failed logins by email address, whether or not it has an account. */
  failed_logins: {
    email_hash: string
    /** Unique per email address; sorts by time. */
    id: string
    kind: FailedLoginKind
    browser: string
    ip: string
    created_at: number
    count: number
  }
  /** Sign-ups whose address is not confirmed yet. They are no users and reserve no address. */
  pending_signups: {
    id: string
    email: string
    canonical_email: string
    name: string
    /** Null for a sign-up with a passkey. */
    password_hash: string | null
    /** JSON of the verified passkey. */
    passkey: string | null
    /** SHA-256 of the `flow` cookie: the browser that signed up. */
    flow_hash: string
    created_at: number
    expires_at: number
  }
  /** Requested, and perhaps confirmed, changes of an email address. */
  email_changes: {
    id: string
    user_id: string
    new_email: string
    new_canonical_email: string
    old_email: string
    /** Reserved from `changed_at` until `undo_expires_at`, unless the change was undone. */
    old_canonical_email: string
    requested_at: number
    /** Null until the new address is confirmed. */
    changed_at: number | null
    undo_expires_at: number | null
    undone_at: number | null
    cancelled_at: number | null
  }
  /** With one of these, the owner of a hijacked account undoes a change of its address. */
  previous_password_hashes: {
    id: string
    user_id: string
    password_hash: string
    replaced_at: number
  }
}

export type FailedLoginKind = 'wrong-password' | 'account-locked'

export type EventActor = 'self' | 'other'
