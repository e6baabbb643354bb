import type { Deps } from '@/deps/deps'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findReservation } from '@/model/users/reserved-emails'
import { findUser } from '@/model/users/users'
import { findNotified, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'

export const securedPreparations: Preparations<'account-secured'> = { 'account-secured': prepareSecured }

/** Not once the password was reset: the mail says that none works. */
async function prepareSecured(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findNotified(deps, mail)
  const isSecured = owner?.password_version === mail.password_version && owner.secured_at !== null
  if (!isSecured || owner.deactivated_at !== null) return OUTDATED
  const { since } = mail.details
  const event = since === undefined ? undefined : ({ kind: 'account-secured', at: since } as const)
  const token = await issueOneTimeToken(deps, 'reset-password', owner, { event })
  return ready(mail, 'account-secured', { 'reset-password': token })
}

/** For the previous address of an account, while the change can be undone. Undefined for every other address. */
export async function prepareReserved(deps: Deps, mail: Mail): Promise<PreparedMail | undefined> {
  const change = await findReservation(deps, mail.recipient)
  const user = change && (await findUser(deps, change.user_id))
  if (!user) return undefined
  const [at, until] = [change.changed_at ?? 0, change.undo_expires_at ?? 0]
  const event = { kind: 'email-changed-old', at } as const
  const token = await issueOneTimeToken(deps, 'secure-account', { ...user, email: mail.recipient }, { event })
  return ready({ ...mail, details: { at, until } }, 'reset-email-changed', { 'secure-account': token })
}
