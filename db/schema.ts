/** The tables as types. Times are epoch milliseconds; `null` in a time means that it has not happened. */
export interface Schema {
  users: {
    id: string
    /** As the person typed it: what pages show and mail is sent to. */
    email: string
    /** As addresses are compared: one person, one canonical form. */
    canonical_email: string
    name: string
    role: Role
    password_hash: string
    password_changed_at: number
    /** Counts the changes: of two at once only the one that saw the present number goes through. */
    password_version: number
    deactivated_at: number | null
    created_at: number
  }
  sessions: {
    id: string
    user_id: string
    /** SHA-256 of the cookie's token; null once nobody may come with it any more. */
    token_hash: string | null
    /** Of the token before: a logout that was sent with it still ends what took its place. */
    previous_token_hash: string | null
    born: SessionBirth
    series_id: string | null
    /** What SESSION_PROTECTION compares. */
    fingerprint: string
    /** What the browser calls itself, for people to read. */
    user_agent: string
    created_at: number
    /** Where the absolute limit counts from: the last full login, or the restore by remember-me. */
    started_at: number
    /** When this session last saw a credential typed: what makes a login fresh. */
    credential_at: number | null
    seen_at: number
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
}

export type Role = 'user'
export type SessionBirth = 'password' | 'remember'
export type EndReason = 'logout' | 'idle' | 'absolute' | 'revoked' | 'password' | 'deactivated' | 'theft'
