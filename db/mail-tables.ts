import type { Generated } from 'kysely'

/** Mails and the tokens in them. See `Schema` for what all tables share. */
export interface MailTables {
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
    /** JSON of how the user proved the account, if the mail confirms the address of a login. */
    login: string | null
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
    /** For `restore-account`: the passkey of the login. */
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

/** The subject of a mail. The mail job may turn it into another mail, if the account does not fit. */
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

/** The one thing that the token of a link in a mail allows, once. */
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
