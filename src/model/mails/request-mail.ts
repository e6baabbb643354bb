import type { MailKind } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import type { Client, RateLimited } from '@/model/types'
import { clientDetails } from './client-details'
import { consumeMailRecipient, consumeMailRequest } from './mail-limits'
import { enqueueMail } from './mails'

export const isMailOn = ({ config }: Pick<Deps, 'config'>) => config.mail.transport.kind !== 'off'

/**
 * For a form with an address that `validateEmail` accepts. The statements are the same with and without an account, and
 * none reads `users`. Too many mails to one address give the same answer and no mail.
 */
export async function requestMail(
  deps: Deps,
  kind: MailKind,
  email: string,
  client: Client,
): Promise<RateLimited | undefined> {
  const limited = await consumeMailRequest(deps, client.source ?? '')
  if (limited) return limited
  const recipient = canonicalEmail(email) ?? ''
  const details = clientDetails(client)
  await inTransaction(deps, async (deps) => {
    if (await consumeMailRecipient(deps, recipient)) await enqueueMail(deps, { kind, recipient, details })
  })
  return undefined
}
