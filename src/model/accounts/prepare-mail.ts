import type { MailKind } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { ClaimedMail } from '@/model/mails/delivery'
import type { MailData, MailTemplate } from '@/model/mails/mail-data'
import { consumeUnknownRecipient } from '@/model/mails/mail-limits'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { recordEvent } from '@/model/security-events/security-events'
import { userColumns } from '@/model/users/columns'

export type PreparedMail =
  | { kind: 'ready'; template: MailTemplate; data: MailData }
  /** `outdated`: the account changed since the request. `limit`: too many mails to addresses without an account. */
  | { kind: 'dropped'; code: 'outdated' | 'limit' }

type Mail = Pick<ClaimedMail, 'kind' | 'user_id' | 'recipient' | 'details' | 'password_version' | 'attempt_count'>

const OUTDATED: PreparedMail = { kind: 'dropped', code: 'outdated' }
const OVER_LIMIT: PreparedMail = { kind: 'dropped', code: 'limit' }

/**
 * Decides what the recipient gets, and creates the token of its link. Only here an address becomes an account: no request
 * knows whether it has one.
 */
export const prepareMail = (deps: Deps, mail: Mail): Promise<PreparedMail> =>
  inTransaction(deps, (deps) => preparations[mail.kind](deps, mail))

const preparations: Record<MailKind, (deps: Deps, mail: Mail) => Promise<PreparedMail>> = {
  test: async (_, mail) => ready(mail, 'test'),
  'reset-password': prepareReset,
  'password-changed': async (deps, mail) =>
    (await findOwner(deps, mail)) ? ready(mail, 'password-changed') : OUTDATED,
  'deletion-requested': prepareScheduled,
  'deletion-reminder': prepareScheduled,
  'deletion-cancelled': async (deps, mail) =>
    (await findOwner(deps, mail))?.deletion_at === null ? ready(mail, 'deletion-cancelled') : OUTDATED,
  'account-deleted': async (_, mail) => ready(mail, 'account-deleted'),
}

const ready = ({ recipient, details }: Mail, template: MailTemplate, tokens: MailData['tokens'] = {}) =>
  ({ kind: 'ready', template, data: { email: recipient, details, tokens } }) as const

/** The account of the address, and the one that the mail is about: it may have another address by now. */
function findOwner({ db }: Deps, { user_id, recipient }: Mail) {
  const owner = db
    .selectFrom('users')
    .select(userColumns)
    .select(['deactivated_at', 'deletion_at'])
    .where('canonical_email', '=', recipient)
  return (user_id === null ? owner : owner.where('id', '=', user_id)).executeTakeFirst()
}

/** Not once the time has come: the mail says how to keep the account. */
async function prepareScheduled(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const deletionAt = (await findOwner(deps, mail))?.deletion_at ?? 0
  return deletionAt === mail.details.until && deletionAt > deps.now() ? ready(mail, mail.kind) : OUTDATED
}

async function prepareReset(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findOwner(deps, mail)
  if (mail.user_id !== null && owner?.password_version !== mail.password_version) return OUTDATED
  if (mail.user_id === null && mail.attempt_count <= 1)
    await recordEvent(deps, { kind: 'password-reset-requested', userId: owner?.id })
  const isGone = owner === undefined || (owner.deletion_at !== null && owner.deletion_at <= deps.now())
  if (isGone) return (await consumeUnknownRecipient(deps)) ? ready(mail, 'reset-no-account') : OVER_LIMIT
  if (owner.deactivated_at !== null) return ready(mail, 'reset-deactivated')
  const details = owner.deletion_at === null ? mail.details : { ...mail.details, until: owner.deletion_at }
  return ready({ ...mail, details }, 'reset-password', {
    'reset-password': await issueOneTimeToken(deps, 'reset-password', owner),
  })
}
