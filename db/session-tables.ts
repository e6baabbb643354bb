/** Sessions and other access to an account. See `Schema` for what all tables share. */
export interface SessionTables {
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
}

export type SessionOrigin = 'password' | 'email-code' | 'passkey' | 'remember'

/** `too-many`: a cap was reached. `too-large`: above 64 KiB. */
export type DiscardReason = 'too-many' | 'too-large'

export type EndReason =
  'logout' | 'idle' | 'absolute' | 'revoked' | 'password' | 'deactivated' | 'theft' | 'secured' | 'deleted' | 'factors'
