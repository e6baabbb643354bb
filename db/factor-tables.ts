import type { Generated } from 'kysely'

/** Second factors, passkeys, and logins that wait for one. See `Schema` for what all tables share. */
export interface FactorTables {
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
}

/** `upgrade`: the browser created it after a login with a password, without a question. */
export type PasskeyOrigin = 'settings' | 'upgrade' | 'signup'
