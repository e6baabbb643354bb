import type { Deps } from '@/deps/deps'
import { consumeUnknownRecipient } from '@/model/mails/mail-limits'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { recordEvent } from '@/model/security-events/security-events'
import { findOwner, OUTDATED, OVER_LIMIT, ready, type Mail, type PreparedMail, type Preparations } from './prepare'
import { prepareReserved } from './secured'

export const resetPreparations: Preparations<'reset-password'> = { 'reset-password': prepareReset }

async function prepareReset(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findOwner(deps, mail)
  if (mail.user_id !== null && owner?.password_version !== mail.password_version) return OUTDATED
  if (mail.user_id === null && mail.attempt_count <= 1)
    await recordEvent(deps, { kind: 'password-reset-requested', userId: owner?.id })
  const reserved = owner === undefined ? await prepareReserved(deps, mail) : undefined
  if (reserved) return reserved
  const isGone = owner === undefined || (owner.deletion_at !== null && owner.deletion_at <= deps.now())
  if (isGone) return (await consumeUnknownRecipient(deps)) ? ready(mail, 'reset-no-account') : OVER_LIMIT
  if (owner.deactivated_at !== null) return ready(mail, 'reset-deactivated')
  const details = owner.deletion_at === null ? mail.details : { ...mail.details, until: owner.deletion_at }
  return ready({ ...mail, details }, 'reset-password', {
    'reset-password': await issueOneTimeToken(deps, 'reset-password', owner),
  })
}
