import type { Deps } from '@/deps/deps'
import { consumeUnknownRecipient } from '@/model/mails/mail-limits'
import type { Code } from '@/model/one-time-tokens/codes'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findOwner, OVER_LIMIT, ready, type Mail, type PreparedMail, type Preparations } from './prepare'

export const loginCodePreparations: Preparations<'login-code'> = { 'login-code': prepareLoginCode }

/** Without an account that may log in, the token and the code are in no mail. Their row makes a wrong code cost the same. */
async function prepareLoginCode(deps: Deps, mail: Mail, code: Code): Promise<PreparedMail> {
  const owner = await findOwner(deps, mail)
  const isGone = owner === undefined || (owner.deletion_at !== null && owner.deletion_at <= deps.now())
  const canLogIn = !isGone && owner.deactivated_at === null && owner.secured_at === null
  // Without the address: no deletion of an account would find it in this row.
  const token = await issueOneTimeToken(deps, 'login-code', canLogIn ? owner : { email: '' }, {
    codeHash: code.hash,
    flowHash: mail.flow_hash,
  })
  if (canLogIn) return ready(mail, 'login-code', { 'login-code': token }, code)
  const dummy = { dummyToken: token }
  if (isGone)
    return (await consumeUnknownRecipient(deps)) ? { ...ready(mail, 'login-no-account'), ...dummy } : OVER_LIMIT
  if (owner.deactivated_at !== null) return { ...ready(mail, 'reset-deactivated'), ...dummy }
  // The account is secured: no login is accepted until a reset, and the mail has the link for it.
  const reset = await issueOneTimeToken(deps, 'reset-password', owner)
  return { ...ready(mail, 'account-secured', { 'reset-password': reset }), ...dummy }
}
