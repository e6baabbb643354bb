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
    folded_name: Generated<string>
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
    /** Of the token before: a logout that was on its way with it still ends what took its place. */
    previous_token_hash: string | null
    renewed_at: number | null
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
    /** Started although the user was deactivated, because somebody asked for just that. */
    forced_at: number | null
    /** The user's role was changed: the next request gets a new token. */
    renewal_due_at: number | null
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
    used_at: number | null
    revoked_at: number | null
  }
  /** The pages that visitors were on their way to, where these are not kept in the address. */
  next_paths: {
    /** SHA-256 of the cookie's token. */
    token_hash: string
    path: string
    expires_at: number
  }
}

export type Role = 'user' | 'support' | 'admin'
export type SessionBirth = 'password' | 'remember'
export type EndReason = 'logout' | 'idle' | 'absolute' | 'revoked' | 'password' | 'deactivated' | 'theft'
