/** Limits of requests and of failed logins. See `Schema` for what all tables share. */
export interface LimitTables {
  rate_limit_hits: {
    id: string
    /** `alarm` marks the last alarm of a limit and is not a hit. */
    limit_name: LimitName | 'alarm'
    source_hash: string
    /** The hash of the IPv6 /48 network that contains the source; null for IPv4. */
    network_hash: string | null
    created_at: number
    /** Null while the request is pending. A pending hit counts until `refund` deletes it. */
    confirmed_at: number | null
  }
  /** Wrong passwords in a row for an email address, with or without an account, or for a known device. */
  login_failures: {
    key_hash: string
    /** Null for a known device, and if the address had no account at the last failure. */
    user_id: string | null
    count: number
    retry_at: number
    /** Null if the account is locked. The retention job ends a lockout after three years. */
    expires_at: number | null
  }
  /** Browsers in which a user has logged in. Failed logins from other browsers do not lock these out. */
  known_devices: {
    id: string
    token_hash: string
    user_id: string
    known_at: number
    expires_at: number
    /** Until then a login in this browser skips the second step, if `trust_version` is the user's `factors_version`. */
    trust_expires_at: number | null
    trust_version: number | null
  }
}

/**
 * `login`: wrong passwords. `signup`: sign-ups with a taken email address. `new-account`: successful sign-ups.
 * `mail-request`: forms that ask for a mail. `mail-recipient`: these mails by address. `mail-unknown-recipient`: mails to
 * addresses without an account. `email-change`: requests of a user. `code-attempt`: wrong codes. `data-export`: downloads
 * of a user. `second-step`: wrong codes of second factors. `passkey`: refused passkeys. `new-factor`: factors that a user adds.
 * `factor-reset`: delayed removals of factors of a user.
 */
export type LimitName =
  | 'login'
  | 'signup'
  | 'new-account'
  | 'data-export'
  | 'email-change'
  | 'code-attempt'
  | 'mail-request'
  | 'mail-recipient'
  | 'mail-unknown-recipient'
  | 'second-step'
  | 'passkey'
  | 'new-factor'
  | 'factor-reset'
