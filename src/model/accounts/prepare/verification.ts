import type { Deps } from '@/deps/deps'
import type { Code } from '@/model/one-time-tokens/codes'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findNotified, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'

export const verificationPreparations: Preparations<'verify-email'> = { 'verify-email': prepareVerification }

async function prepareVerification(deps: Deps, mail: Mail, code: Code): Promise<PreparedMail> {
  const owner = await findNotified(deps, mail)
  const isWanted = owner?.email_verified_at === null && owner.deactivated_at === null && owner.deletion_at === null
  if (!isWanted) return OUTDATED
  // A mail that an admin sends belongs to no browser, so its code would work nowhere.
  const hasCode = mail.flow_hash !== null
  const options = hasCode ? { codeHash: code.hash, flowHash: mail.flow_hash } : {}
  return ready(
    mail,
    'verify-email',
    { 'verify-email': await issueOneTimeToken(deps, 'verify-email', owner, options) },
    hasCode ? code : undefined,
  )
}
