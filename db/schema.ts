import type { Generated } from 'kysely'

/** The tables as types. Times are epoch milliseconds; `null` in a time means that it has not happened. */
export interface Schema {
  users: {
    id: string
    /** As the person typed it: what pages show and mail is sent to. */
    email: string
    /** As addresses are compared: one person, one canonical form. */
    canonical_email: string
    name: string
    /** The name in small letters, of any alphabet: what a search compares. */
    search_name: Generated<string>
    role: Role
    password_hash: string
    password_changed_at: number
    /** Counts the changes: of two at once only the one that saw the present number goes through. */
    password_version: number
    deactivated_at: number | null
    /** When somebody was caught with a copied remember token, until the user was told. */
    theft_alert_at: number | null
    created_at: number
  }
  sessions: {
    id: string
    user_id: string
    /** SHA-256 of the cookie's token; null once nobody may come with it any more. */
    token_hash: string | null
    /** Of the token before: a logout that was on its way with it still ends what took its place. */
    previous_token_hash: string | null
    rotated_at: number | null
    started_by: SessionOrigin
    series_id: string | null
    /** What SESSION_PROTECTION compares. */
    fingerprint: string
    /** What the browser calls itself, for people to read. */
    user_agent: string
    /** Where it was first and last used from, shortened; empty where that is not known. */
    first_ip: string
    last_ip: string
    created_at: number
    /** Where the absolute limit counts from: the last full login, or the restore by remember-me. */
    authenticated_at: number
    /** When this session last saw a credential typed: what makes a login fresh. */
    reauthenticated_at: number | null
    last_seen_at: number
    /** Started although the user was deactivated, because somebody asked for just that. */
    forced_at: number | null
    /** The user's role was changed: the next request gets a new token. */
    rotation_due_at: number | null
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
  }
  remember_secrets: {
    /** SHA-256 of the cookie's second half. Used ones are kept, for only they can tell a theft from a typing error. */
    secret_hash: string
    series_id: string
    created_at: number
    used_at: number | null
  }
  api_tokens: {
    id: string
    user_id: string
    /** What its owner calls it. */
    name: string
    /** SHA-256 of the token. */
    token_hash: string
    /** Its last signs, so that people know which one this is. */
    hint: string
    /** What it may do, with spaces between. */
    scopes: string
    created_at: number
    expires_at: number
    /** Kept to the minute. */
    last_used_at: number | null
    revoked_at: number | null
  }
  /** What happened to whose account, as they may read it themselves. */
  security_events: {
    /** Unique for its user; sorts as it happened. */
    id: string
    user_id: string
    kind: string
    /** Why a session ended. */
    reason: string | null
    /** Whose hand it was. */
    actor: EventActor | null
    /** What it was about: the name of a token, the name of a role. */
    subject: string | null
    /** What the browser called itself, as people say it; empty where none was involved. */
    browser: string
    /** Shortened. */
    ip: string
    created_at: number
    /** How often, where the same thing happened again and again. */
    count: number
  }
  /** Failed logins by email address, whether or not it has an account. */
  failed_logins: {
    /** SHA-256 of the canonical email address. */
    email_hash: string
    /** Unique for its email address; sorts by time. */
    id: string
    kind: FailedLoginKind
    /** Name of the browser. */
    browser: string
    /** Shortened. */
    ip: string
    created_at: number
    /** How many failures the row stands for. */
    count: number
  }
  /** Forms that were on their way when a session ended, sealed with what only the browser's cookie holds. */
  saved_requests: {
    id: string
    /** SHA-256 of the cookie's secret. */
    key_hash: string
    user_id: string
    ciphertext: string
    created_at: number
    expires_at: number
    /** When a request claimed the row to carry it out; null if none does. */
    claimed_at: number | null
  }
  /** What may be done only so often: each time that it was, while that counts. */
  rate_limit_hits: {
    id: string
    /** `alarm` is the last alarm of a limit, and counts for none. */
    limit_name: LimitName | 'alarm'
    /** SHA-256 of the source: an IPv4 address or an IPv6 /64. */
    source_hash: string
    /** SHA-256 of the IPv6 /48 around it; null for what has none. */
    network_hash: string | null
    created_at: number
    /** When it was clear that it counts; null while nobody knows yet. */
    confirmed_at: number | null
  }
  /** Wrong passwords in a row: for an address, whether it is anybody's or not, or in a known device. */
  login_failures: {
    key_hash: string
    count: number
    /** When the next try may begin. */
    retry_at: number
    /** Null once the account is shut: that lasts until there is a new password. */
    expires_at: number | null
  }
  /** Browsers in which somebody typed their password: what strangers do to the account does not shut these out. */
  known_devices: {
    id: string
    /** SHA-256 of the cookie's token. Whoever shares a browser has a row each. */
    token_hash: string
    user_id: string
    known_at: number
    expires_at: number
  }
}

/** A wrong password; a sign-up with an email address that is taken; a new account. */
export type LimitName = 'login' | 'signup' | 'new-account'
/** The columns of `users` that the app may know of a user; `user-columns.ts` lists them for queries. */
export type UserColumn =
  'id' | 'email' | 'name' | 'role' | 'created_at' | 'password_changed_at' | 'password_version' | 'theft_alert_at'

export type Role = 'user' | 'support' | 'admin'
export type SessionOrigin = 'password' | 'remember'
export type FailedLoginKind = 'wrong-password' | 'account-locked'
export type EventActor = 'self' | 'other'
export type EndReason = 'logout' | 'idle' | 'absolute' | 'revoked' | 'password' | 'deactivated' | 'theft'
