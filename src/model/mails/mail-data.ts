import type { LinkPurpose, MailKind } from '@db/mail-tables'
import type { Role } from '@db/schema'

export type { LinkPurpose, MailKind }

/** The details that a mail reports, as its row stores them. Never a token, never typed text. */
export type MailDetails = {
  /** Epoch milliseconds. */
  at?: number
  /** From the fixed list of `browserName`. */
  browser?: string
  /** The shortened IP address. */
  ip?: string
  /** Epoch milliseconds: when the account is deleted, or until when a change of address can be undone. */
  until?: number
  /** How often it happened, if more than once. */
  count?: number
  /** For `account-secured`: when the reported event happened. */
  since?: number
  /** For `factor-added` and `factor-removed`. */
  factor?: 'passkey' | 'authenticator-app'
  /** For `recovery-code-used`: how many codes are left. */
  left?: number
  /** For `factor-reset-requested`: the waiting period in milliseconds. */
  wait?: number
  /** For `factors-reset`. */
  by?: 'administrator' | 'delayed'
  /** For `password-changed`, if the account had no password before, or has none now. */
  password?: 'set' | 'removed'
  /** For `factors-reset` and `two-step-disabled`: read when the mail leaves. */
  hasPassword?: boolean
  /** For `changed-by-admin`. */
  change?: AdminChange
}

export type AdminChange =
  | { kind: 'role-changed'; role: Role }
  | {
      kind:
        | 'user-deactivated'
        | 'user-activated'
        | 'sessions-revoked'
        | 'email-changed'
        | 'email-verified'
        | 'password-changed'
    }

/** The mail that the recipient receives: the kind of the row, or what replaces it if the account does not fit. */
export type MailTemplate =
  | MailKind
  | 'sign-up-existing-account'
  | 'reset-no-account'
  | 'reset-deactivated'
  | 'reset-email-changed'
  | 'new-email-in-use'
  | 'login-no-account'

/** All that a template may use. It decides the words, but not the recipient, the links and the codes. */
export type MailData = {
  email: string
  details: MailDetails
  /** Created for this mail, one for each purpose that its links need. */
  tokens: { [P in LinkPurpose]?: string }
  /** 8 digits, for the kinds that have a code. */
  code?: string
}
