import type { MailKind, LinkPurpose } from '@db/schema'

export type { MailKind, LinkPurpose }

/** What a mail reports, as its row stores it. Never a token, never typed text. */
export type MailDetails = {
  /** Epoch milliseconds. */
  at?: number
  /** From the fixed list of `browserName`. */
  browser?: string
  /** The shortened IP address. */
  ip?: string
  /** Epoch milliseconds: when the account is deleted. */
  until?: number
}

/** The mail that the recipient receives: the kind of the row, or what replaces it if the account does not fit. */
export type MailTemplate = MailKind | 'reset-no-account' | 'reset-deactivated'

/** All that a template may use. It decides the words, but not the recipient, the links and the codes. */
export type MailData = {
  email: string
  details: MailDetails
  /** Created for this mail, one for each purpose that its links need. */
  tokens: { [P in LinkPurpose]?: string }
}
