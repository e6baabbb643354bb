import type { Generated } from 'kysely'

// Your columns of `users`, and the list of those that `currentUser` has
type OwnUserColumns = {}
export const ownUserColumns = [] as const satisfies (keyof OwnUserColumns)[]

/**
 * Times are epoch milliseconds; null means "not yet". `…_hash` is SHA-256 in hex, except for `password_hash`. An IP is
 * shortened. `browser` contains only the name of the browser.
 */
export interface Schema {
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
  sessions: {
    id: string
    user_id: string
    /** Null if the token is no longer accepted. */
    token_hash: string | null
    /** The hash before a rotation: a pending logout with the previous token still ends the session. */
    previous_token_hash: string | null
    rotated_at: number | null
    started_by: SessionOrigin
    series_id: string | null
    /** Identifies the client; compared by `SESSION_PROTECTION`. */
    fingerprint: string
    user_agent: string
    first_ip: string
    last_ip: string
    created_at: number
    /** Start of the absolute limit: the last full login or the restore by a remember token. */
    authenticated_at: number
    /** When the user last typed a credential. The session is fresh for `FRESH_SECONDS` after it. */
    reauthenticated_at: number | null
    last_seen_at: number
    /** Set if `logIn` with `force` started the session for a deactivated user. */
    forced_at: number | null
    /** Set by a role change: the next request rotates the token. */
    rotation_due_at: number | null
    /** How the user authenticated: a sorted list of `Method`, separated by spaces. */
    amr: string
    /** When this session last saw a second factor. */
    second_factor_at: number | null
    /** The passkey that started or last confirmed the session. */
    passkey_id: string | null
    ended_at: number | null
    ended_reason: EndReason | null
  }
  remember_series: {
    /** SHA-256 of the cookie's first half. */
    id: string
    user_id: string
    created_at: number
    expires_at: number
    ended_at: number | null
    ended_reason: EndReason | null
    /** The last secret that restored a session. Its unused successors are valid too. */
    current_secret_hash: string
    /** When the current secret was presented last; null if it was not yet. */
    current_used_at: number | null
    /** With the current secret, it yields the token of the restored session. */
    session_nonce: string | null
  }
  remember_secrets: {
    /** All secrets are stored, because one that is no longer valid proves that it was copied. */
    secret_hash: string
    series_id: string
    created_at: number
    /** The secret that this one succeeds; null for the first of a series, and for one that was replaced unused. */
    parent_hash: string | null
  }
  api_tokens: {
    id: string
    user_id: string
    name: string
    token_hash: string
    /** The last characters of the token, so that its user recognizes it. */
    hint: string
    scopes: string
    created_at: number
    expires_at: number
    /** Updated at most once a minute. */
    last_used_at: number | null
    revoked_at: number | null
  }
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
  /** Forms that arrived after the session had ended. Only the browser's cookie contains the secret for decryption. */
  saved_requests: {
    id: string
    key_hash: string
    user_id: string
    ciphertext: string
    created_at: number
    expires_at: number
    /** Set while a request replays the row, so that it is replayed once. */
    claimed_at: number | null
    /** The hash of the IPv4 address or IPv6 /48 network that sent the form. */
    source_hash: string | null
    /** Why the form was not kept until the login. Then the row has no content and only tells the user. */
    discarded_reason: DiscardReason | null
  }
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
  authenticator_apps: {
    id: string
    user_id: string
    name: string
    /** The secret of RFC 6238, encrypted with the key ring. */
    secret_ciphertext: string
    key_id: string
    /** The time step of the last code. Only later codes are accepted. */
    last_used_step: Generated<number>
    /** Wrong codes while the app is unconfirmed. */
    attempt_count: Generated<number>
    created_at: number
    confirmed_at: number | null
    /** Null once the app is confirmed. */
    expires_at: number | null
    last_used_at: number | null
  }
  recovery_codes: {
    id: string
    user_id: string
    /** The ten codes that were created together. */
    set_id: string
    salt: string
    key_id: string
    /** argon2id of the HMAC of the code. */
    code_hash: string
    /** 1 once the user said that the codes are saved. */
    is_active: Generated<number>
    created_at: number
    used_at: number | null
  }
  /** Logins whose first factor is verified and whose second factor is missing. One per browser. */
  pending_logins: {
    token_hash: string
    user_id: string
    password_version: number
    factors_version: number
    /** `password`, `email-code` or `external:` and a provider. */
    first_factor: string
    /** 1 to remember the device. */
    remember: number
    /** For how long, in milliseconds. */
    lifetime: number | null
    /** 1 if `logIn` was called with `force`. */
    is_forced: number
    /** 1 if the completed login cancels the deletion of the account. */
    keeps_account: number
    fingerprint: string
    /** The session that this login continues after a re-login. */
    follows_session_id: string | null
    /** The hit of the limit `login`, which the completed login refunds. */
    login_hit_id: string | null
    is_known_device: number
    failure_count: Generated<number>
    created_at: number
    expires_at: number
  }
  passkeys: {
    id: string
    user_id: string
    credential_id: string
    /** COSE (RFC 9053), in base64url. */
    public_key: string
    /** The number of the algorithm in COSE. */
    algorithm: number
    sign_count: number
    /** Separated by spaces. */
    transports: string
    /** The model of the authenticator, as a UUID. Nothing proves it. */
    aaguid: string
    rp_id: string
    is_discoverable: number
    is_user_verifying: number
    is_backup_eligible: number
    is_backed_up: number
    name: string
    created_via: PasskeyOrigin
    created_at: number
    last_used_at: number | null
    /** The last login with this passkey alone. */
    last_login_at: number | null
    /** Since then the passkey is refused: its counter shows that it may have been copied. */
    flagged_at: number | null
  }
  /** A challenge is used once. */
  used_challenges: {
    challenge_hash: string
    expires_at: number
  }
  /** A delayed removal of all second factors. A cancelled one is deleted. */
  factor_resets: {
    id: string
    user_id: string
    requested_at: number
    /** The link of the first mail was used, so the waiting period runs. */
    confirmed_at: number | null
    due_at: number | null
    completed_at: number | null
    password_version: number
  }
  /** One row is one mail to one recipient, written in the transaction of the change that it reports. */
  mails: {
    /** Also the left half of the Message-ID. */
    id: string
    kind: MailKind
    /** Null if the request did not know whether the address has an account. */
    user_id: string | null
    pending_signup_id: string | null
    email_change_id: string | null
    /** The canonical address. Emptied when the mail is sent or has failed, if `user_id` is null. */
    recipient: string
    /** JSON of what the mail reports. Never a token, never typed text. `{}` when the mail is sent or has failed. */
    details: string
    /** SHA-256 of the `flow` cookie: the browser that asked for the mail. */
    flow_hash: string | null
    /** At the time of the request: a mail from before a password change is not sent. */
    password_version: number | null
    /** Two waiting mails with the same key become one. */
    dedupe_key: string | null
    /** How many equal events the mail reports. */
    occurrence_count: Generated<number>
    due_at: number
    /** Until then a mail job is working on it. */
    lease_expires_at: number
    /** The mail is not sent after this time. */
    expires_at: number
    attempt_count: number
    sent_at: number | null
    failed_at: number | null
    /** The code of the last error, or why the mail is not sent. */
    error_code: string | null
    /** Since when the mail server has failed as a whole, if it failed while this mail was on its way. */
    server_failed_at: number | null
    created_at: number
  }
  /** A token is created when its mail is sent, so no waiting mail holds a link that works. */
  one_time_tokens: {
    id: string
    token_hash: string
    /** argon2id of the 8 digits in the same mail: SHA-256 of 26 bits could be tried out (ASVS 5.0, 6.5.2). */
    code_hash: string | null
    purpose: TokenPurpose
    user_id: string | null
    pending_signup_id: string | null
    email_change_id: string | null
    factor_reset_id: string | null
    /** For `restore-account`: the passkey that proved both factors. */
    passkey_id: string | null
    /** For `reset-password`: how the second step before the new password ended. It counts for ten minutes. */
    second_step: ResetStep | null
    second_step_at: number | null
    /** The address that the token was mailed to. */
    canonical_email: string
    password_version: number | null
    /** The browser in which the code works, as in `mails`. */
    flow_hash: string | null
    /** JSON of the event that the mail reports, for the page of `secure-account`. */
    event: string | null
    /** Codes that were entered. */
    attempt_count: Generated<number>
    created_at: number
    expires_at: number
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
  mail_daily_counts: {
    /** The day and the purpose. */
    id: string
    /** In UTC, like `2026-11-28`. */
    day: string
    purpose: LinkPurpose
    sent_count: Generated<number>
    opened_count: Generated<number>
    used_count: Generated<number>
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

/** What a mail is about. The mail job may turn it into another mail, if the account does not fit. */
export type MailKind =
  | 'test'
  | 'sign-up'
  | 'verify-email'
  | 'reset-password'
  | 'login-code'
  | 'confirm-new-email'
  | 'email-change-requested'
  | 'email-changed-old'
  | 'email-changed-new'
  | 'new-device'
  | 'password-changed'
  | 'token-created'
  | 'remember-token-reused'
  | 'account-locked'
  | 'account-secured'
  | 'changed-by-admin'
  | 'notification-muted'
  | 'data-exported'
  | 'deletion-requested'
  | 'deletion-reminder'
  | 'deletion-cancelled'
  | 'account-deleted'
  | 'factor-added'
  | 'factor-removed'
  | 'two-step-enabled'
  | 'two-step-disabled'
  | 'recovery-codes-created'
  | 'recovery-code-used'
  | 'codes-locked'
  | 'password-used'
  | 'passkey-flagged'
  | 'factors-reset'
  | 'factor-reset-requested'
  | 'factor-reset-waiting'
  | 'factor-reset-due'
/** What the token of a link in a mail allows, once. */
export type LinkPurpose =
  | 'sign-up'
  | 'verify-email'
  | 'change-email'
  | 'reset-password'
  | 'secure-account'
  | 'login-code'
  | 'factor-reset-confirm'
  | 'factor-reset-finish'
/** `restore-account` is in no mail: its token goes into a cookie after a right password. */
export type TokenPurpose = LinkPurpose | 'restore-account'

/** `skipped`: the user could use no second factor. `disowned`: the user did not add any of them. */
export type ResetStep = 'proved' | 'skipped' | 'disowned'

export type Role = 'user' | 'support' | 'admin'
export type SessionOrigin = 'password' | 'email-code' | 'passkey' | 'remember'
/** `upgrade`: the browser created it after a login with a password, without a question. */
export type PasskeyOrigin = 'settings' | 'upgrade' | 'signup'
export type FailedLoginKind = 'wrong-password' | 'account-locked'
/** `too-many`: a cap was reached. `too-large`: above 64 KiB. */
export type DiscardReason = 'too-many' | 'too-large'
export type EventActor = 'self' | 'other'
export type EndReason =
  'logout' | 'idle' | 'absolute' | 'revoked' | 'password' | 'deactivated' | 'theft' | 'secured' | 'deleted' | 'factors'
