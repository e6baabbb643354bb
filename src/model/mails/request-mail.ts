import type { MailKind } from '@db/mail-tables'
import type { Deps } from '@/deps/deps'
import { emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import type { Client, RateLimited, User } from '@/model/types'
import { clientDetails } from './client-details'
import type { MailDetails } from './mail-data'
import { consumeMailRecipient, consumeMailRequest, findNextMailTime, findNotificationTime } from './mail-limits'
import { enqueueMail, type MailBinding } from './mails'

export const isMailOn = ({ config }: Pick<Deps, 'config'>) => config.mail.transport.kind !== 'off'

type Recipient = Pick<User, 'id' | 'email' | 'password_version'>
type Reported = {
  client?: Partial<Pick<Client, 'userAgent' | 'ip'>>
  /** Sends the mail to this address instead. */
  previous?: { recipient: string; emailChangeId: string }
} & Omit<MailDetails, 'at' | 'browser' | 'ip' | 'count'>

/**
 * Reports an action in the account. A repeat waits, and joins the mail that already waits. Does nothing while mail is off.
 * Belongs in the transaction of what the mail reports.
 */
export async function notifyUser(
  deps: Deps,
  user: Recipient,
  kind: MailKind,
  { client, previous, ...reported }: Reported = {},
) {
  if (!isMailOn(deps)) return
  const { change, factor, password } = reported
  const about = [change?.kind, factor, password].filter((one) => one !== undefined)
  const dedupeKey = [...(previous ? ['previous'] : []), user.id, kind, ...about].join(' ')
  await enqueueMail(deps, {
    kind,
    recipient: canonicalEmail(user.email) ?? '',
    ...previous,
    user,
    details: { ...(client && clientDetails(client)), ...reported },
    dueAt: await findNotificationTime(deps, user, kind, dedupeKey),
    dedupeKey,
  })
}

/** On the word of an admin or the command line. Beyond the limit of notifications, no mail is written. */
export async function sendForOperator(deps: Deps, user: Recipient, kind: 'reset-password' | 'verify-email') {
  if (!isMailOn(deps) || (await findNextMailTime(deps, user, kind)) > deps.now()) return
  await enqueueMail(deps, { kind, recipient: canonicalEmail(user.email) ?? '', user })
}

type MailRequest = MailBinding & {
  /** A user that a guard or a right password identified. */
  user?: Pick<User, 'id' | 'password_version'>
}

/**
 * For a form with an address that `validateEmail` accepts. The statements are the same with and without an account, and
 * none reads `users`. Too many mails to one address give the same answer and no mail.
 */
export async function requestMail(
  deps: Deps,
  kind: MailKind,
  email: string,
  client: Client,
  request: MailRequest = {},
): Promise<RateLimited | undefined> {
  const limited = await consumeMailRequest(deps, client.source ?? '')
  if (limited) return limited
  const recipient = canonicalEmail(email) ?? ''
  const details = clientDetails(client)
  const enqueue = async (deps: Deps) => {
    if (await consumeMailRecipient(deps, recipient)) await enqueueMail(deps, { kind, recipient, details, ...request })
  }
  await inTransaction(deps, enqueue, { locks: [emailLock(recipient)] })
  return undefined
}
