/** What is counted so that nobody guesses for ever. */
export interface LimitTables {
  /** What one source may do only so often: each time that it did, while that counts. */
  tries: {
    id: string
    kind: TryKind
    /** SHA-256 of the IPv4 address or IPv6 /64. */
    source_hash: string
    at: number
    /** When it was clear that it counts; null while nobody knows yet. */
    settled_at: number | null
  }
  /** Wrong passwords in a row: for an address, whether it is anybody's or not, or in a known device. */
  guess_counts: {
    key_hash: string
    failures_count: number
    /** When the next try may begin. */
    open_at: number
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

/** A wrong password; a sign-up with an address that is taken, or with a new one; a session or API token that nobody has. */
export type TryKind = 'login' | 'signup' | 'new-account' | 'token'
