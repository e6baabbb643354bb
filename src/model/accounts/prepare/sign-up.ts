import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import type { Code } from '@/model/one-time-tokens/codes'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findReservation } from '@/model/users/reserved-emails'
import { findOwner, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'

export const signUpPreparations: Preparations<'sign-up'> = { 'sign-up': prepareSignUp }

/**
 * For a taken address, the token and the code are in no mail. Their row makes a wrong code cost the same and get the same
 * responses as for a new address.
 */
async function prepareSignUp(deps: Deps, mail: Mail, code: Code): Promise<PreparedMail> {
  if (!(await extendPending(deps, mail))) return OUTDATED
  const { recipient: email, flow_hash: flowHash, pending_signup_id: pendingSignupId } = mail
  const token = await issueOneTimeToken(deps, 'sign-up', { email }, { codeHash: code.hash, flowHash, pendingSignupId })
  const owner = await findOwner(deps, mail)
  const isTaken = owner !== undefined || (await findReservation(deps, email)) !== undefined
  if (!isTaken) return ready(mail, 'sign-up', { 'sign-up': token }, code)
  const details = { ...mail.details, until: owner?.deletion_at ?? undefined }
  return { ...ready({ ...mail, details }, 'sign-up-existing-account'), dummyToken: token }
}

/** The link works for 24 hours from now, however long the mail waited. Returns false if the sign-up is over. */
async function extendPending({ db, now }: Deps, { pending_signup_id }: Mail) {
  const extended = await db
    .updateTable('pending_signups')
    .set({ expires_at: now() + days(1) })
    .where('id', '=', pending_signup_id)
    .where('expires_at', '>', now())
    .returning('id')
    .executeTakeFirst()
  return extended !== undefined
}
