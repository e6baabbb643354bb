import type { Deps } from '@/deps/deps'
import { lockedUserIds } from '@/model/limits/login-attempts'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { prepareForPreviousAddress } from './email-change'
import { findNotified, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'
import { withSecureLink } from './secure-link'

export const notificationPreparations: Preparations<
  | 'password-changed'
  | 'new-device'
  | 'token-created'
  | 'remember-token-reused'
  | 'account-locked'
  | 'changed-by-admin'
  | 'notification-muted'
  | 'data-exported'
> = {
  'password-changed': async (deps, mail) =>
    mail.email_change_id === null ? prepareWithLink(deps, mail) : prepareForPreviousAddress(deps, mail),
  'new-device': prepareWithLink,
  'token-created': prepareWithLink,
  'remember-token-reused': prepareWithLink,
  'account-locked': prepareLocked,
  'changed-by-admin': async (deps, mail) => ((await findNotified(deps, mail)) ? ready(mail, mail.kind) : OUTDATED),
  'notification-muted': prepareWithLink,
  'data-exported': prepareWithLink,
}

async function prepareWithLink(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findNotified(deps, mail)
  return owner ? withSecureLink(deps, mail, owner) : OUTDATED
}

/** Not once the account is unlocked: the mail says that only known browsers can log in. */
async function prepareLocked(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findNotified(deps, mail)
  if (!owner || owner.deactivated_at !== null || !(await isLocked(deps, owner.id))) return OUTDATED
  return ready(mail, mail.kind, { 'reset-password': await issueOneTimeToken(deps, 'reset-password', owner) })
}

const isLocked = async (deps: Deps, id: string) =>
  (await lockedUserIds(deps).where('user_id', '=', id).executeTakeFirst()) !== undefined
