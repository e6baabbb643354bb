/** What is counted so that nobody guesses for ever, or fills the disk. */
export interface LimitTables {
  /** What may be done only so often: each time that it was, while that counts. */
  tries: {
    id: string
    /** `alarm` is the last alarm of a limit, and counts for none. */
    kind: TryKind | 'alarm'
    /** SHA-256 of the source: an IPv4 address or an IPv6 /64. */
    source_hash: string
    /** SHA-256 of the IPv6 /48 around it; null for what has none. */
    network_hash: string | null
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

/** A wrong password; a sign-up with an email address that is taken; a new account. */
export type TryKind = 'login' | 'signup' | 'new-account'
