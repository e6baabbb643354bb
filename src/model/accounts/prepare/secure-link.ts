import type { Deps } from '@/deps/deps'
import { issueOneTimeToken, type ReportedEvent } from '@/model/one-time-tokens/one-time-tokens'
import type { User } from '@/model/types'
import { ready, type Mail, type PreparedMail } from './prepare'

/** For a mail with `This wasn’t me`. The page of its link shows the event, by default what the mail reports. */
export async function withSecureLink(
  deps: Deps,
  mail: Mail,
  owner: Pick<User, 'id' | 'email' | 'password_version'>,
  event: Partial<ReportedEvent> = {},
): Promise<PreparedMail> {
  const { at = deps.now(), browser, ip } = mail.details
  const token = await issueOneTimeToken(deps, 'secure-account', owner, {
    event: { kind: mail.kind, at, browser, ip, ...event },
  })
  return ready(mail, mail.kind, { 'secure-account': token })
}
