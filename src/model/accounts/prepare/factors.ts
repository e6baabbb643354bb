import type { Deps } from '@/deps/deps'
import { areCodesLocked } from '@/model/limits/code-attempts'
import { waysToLogIn } from '@/model/accounts/factors/ways-to-log-in'
import { prepareForPreviousAddress } from './email-change'
import { findNotified, OUTDATED, type Mail, type PreparedMail, type Preparations } from './prepare'
import { withSecureLink } from './secure-link'

export const factorPreparations: Preparations<
  | 'factor-added'
  | 'factor-removed'
  | 'two-step-enabled'
  | 'two-step-disabled'
  | 'recovery-codes-created'
  | 'recovery-code-used'
  | 'codes-locked'
  | 'password-used'
  | 'passkey-flagged'
  | 'factors-reset'
> = {
  'factor-added': prepareWithLink,
  'factor-removed': prepareWithLink,
  'two-step-enabled': prepareWithLink,
  'two-step-disabled': prepareWithPassword,
  'recovery-codes-created': prepareWithLink,
  'recovery-code-used': prepareWithLink,
  'codes-locked': prepareCodesLocked,
  'password-used': prepareWithLink,
  'passkey-flagged': prepareWithLink,
  'factors-reset': prepareWithPassword,
}

async function prepareWithLink(deps: Deps, mail: Mail): Promise<PreparedMail> {
  if (mail.email_change_id !== null) return prepareForPreviousAddress(deps, mail)
  const owner = await findNotified(deps, mail)
  return owner ? withSecureLink(deps, mail, owner) : OUTDATED
}

/** The mail says how to log in from now on. */
async function prepareWithPassword(deps: Deps, mail: Mail) {
  const { hasPassword } = await waysToLogIn(deps, { id: mail.user_id ?? '' })
  return prepareWithLink(deps, { ...mail, details: { ...mail.details, hasPassword } })
}

/** Not once codes work again: the mail says that they are disabled. */
const areEnabled = async (deps: Deps, { user_id }: Mail) =>
  user_id !== null && !(await areCodesLocked(deps, { id: user_id }))

async function prepareCodesLocked(deps: Deps, mail: Mail): Promise<PreparedMail> {
  return (await areEnabled(deps, mail)) ? OUTDATED : prepareWithLink(deps, mail)
}
