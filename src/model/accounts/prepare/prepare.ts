import type { MailKind } from '@db/mail-tables'
import type { Deps } from '@/deps/deps'
import type { ClaimedMail } from '@/model/mails/claim-mails'
import type { MailData, MailTemplate } from '@/model/mails/mail-data'
import type { Code } from '@/model/one-time-tokens/codes'
import { userColumns } from '@/model/users/columns'

export type PreparedMail =
  /** `dummyToken` is in no mail. */
  | { kind: 'ready'; template: MailTemplate; data: MailData; dummyToken?: string }
  /** `outdated`: the account changed since the request. `limit`: too many mails to addresses without an account. */
  | { kind: 'dropped'; code: 'outdated' | 'limit' }

export type Mail = Omit<ClaimedMail, 'id' | 'lease_expires_at' | 'server_failed_at'>

/** Runs in one transaction. `code` was created before it, for a kind that has one. */
export type Prepare = (deps: Deps, mail: Mail, code: Code) => Promise<PreparedMail>
export type Preparations<K extends MailKind> = Record<K, Prepare>

export const OUTDATED: PreparedMail = { kind: 'dropped', code: 'outdated' }
export const OVER_LIMIT: PreparedMail = { kind: 'dropped', code: 'limit' }

export const ready = (
  { recipient, details, occurrence_count: count }: Mail,
  template: MailTemplate,
  tokens: MailData['tokens'] = {},
  code?: Code,
) =>
  ({
    kind: 'ready',
    template,
    data: { email: recipient, details: count > 1 ? { ...details, count } : details, tokens, code: code?.text },
  }) as const

/** The account of the address, and the one that the mail is about: it may have another address by now. */
export function findOwner({ db }: Deps, { user_id, recipient }: Pick<Mail, 'user_id' | 'recipient'>) {
  const owner = db
    .selectFrom('users')
    .select(userColumns)
    .select(['deactivated_at', 'deletion_requested_at', 'deletion_at', 'email_declined_at', 'secured_at'])
    .where('canonical_email', '=', recipient)
  return (user_id === null ? owner : owner.where('id', '=', user_id)).executeTakeFirst()
}

/**
 * For a mail that reports an action in the account. Undefined if the owner of the mailbox has nothing to do with the account.
 * A later change of the password does not matter: an attacker makes it to hide what the mail reports.
 */
export async function findNotified(deps: Deps, mail: Pick<Mail, 'user_id' | 'recipient'>) {
  const owner = await findOwner(deps, mail)
  return owner?.email_declined_at === null ? owner : undefined
}
