import type { Deps } from '@/deps/deps'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findOwner, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'

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
  'password-changed': withSecureLink,
  'new-device': async () => OUTDATED,
  'token-created': async () => OUTDATED,
  'remember-token-reused': async () => OUTDATED,
  'account-locked': async () => OUTDATED,
  'changed-by-admin': async () => OUTDATED,
  'notification-muted': async () => OUTDATED,
  'data-exported': async () => OUTDATED,
}

async function withSecureLink(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findOwner(deps, mail)
  if (!owner) return OUTDATED
  const { at = deps.now(), browser, ip } = mail.details
  const event = { kind: mail.kind, at, browser, ip }
  const token = await issueOneTimeToken(deps, 'secure-account', owner, { event })
  return ready(mail, mail.kind, { 'secure-account': token })
}
