import type { Deps } from '@/deps/deps'
import { findFactorReset, type FactorReset } from '@/model/factor-resets/factor-resets'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import type { User } from '@/model/types'
import { findUser } from '@/model/users/users'
import { prepareForPreviousAddress } from './email-change'
import { findNotified, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'
import { withSecureLink } from './secure-link'

export const factorResetPreparations: Preparations<
  'factor-reset-requested' | 'factor-reset-waiting' | 'factor-reset-due'
> = {
  'factor-reset-requested': async (deps, mail) => {
    const { owner, reset } = await findOwnReset(deps, mail)
    if (!owner || reset?.state !== 'requested') return OUTDATED
    const prepared = await withSecureLink(deps, mail, owner)
    return withLink(prepared, 'factor-reset-confirm', await issueLink(deps, 'factor-reset-confirm', owner, reset))
  },
  'factor-reset-waiting': async (deps, mail) => {
    if (mail.email_change_id !== null) return prepareForFormerOwner(deps, mail)
    const { owner, reset } = await findOwnReset(deps, mail)
    return owner && isAnnounced(mail, reset) ? withSecureLink(deps, mail, owner) : OUTDATED
  },
  'factor-reset-due': async (deps, mail) => {
    const { owner, reset } = await findOwnReset(deps, mail)
    if (!owner || reset?.state !== 'due' || reset.dueAt !== mail.details.until) return OUTDATED
    const token = await issueLink(deps, 'factor-reset-finish', owner, reset)
    return ready(mail, mail.kind, { 'factor-reset-finish': token })
  },
}

const isAnnounced = ({ details }: Mail, reset: FactorReset | undefined) =>
  reset?.state === 'waiting' && reset.dueAt === details.until

/** To the address before a recent change. */
async function prepareForFormerOwner(deps: Deps, mail: Mail) {
  const user = await findUser(deps, mail.user_id ?? '')
  const reset = user && (await findFactorReset(deps, user))
  return isAnnounced(mail, reset) ? prepareForPreviousAddress(deps, mail) : OUTDATED
}

/** Undefined once the account may not be used: deactivated, secured or scheduled for deletion. */
async function findOwnReset(deps: Deps, mail: Mail) {
  const owner = await findNotified(deps, mail)
  const isUsable = owner?.deactivated_at === null && owner.secured_at === null && owner.deletion_at === null
  return isUsable ? { owner, reset: await findFactorReset(deps, owner) } : {}
}

const issueLink = (
  deps: Deps,
  purpose: 'factor-reset-confirm' | 'factor-reset-finish',
  owner: User,
  { id }: FactorReset,
) => issueOneTimeToken(deps, purpose, owner, { factorResetId: id })

function withLink(prepared: PreparedMail, purpose: 'factor-reset-confirm', token: string): PreparedMail {
  if (prepared.kind === 'dropped') return prepared
  return { ...prepared, data: { ...prepared.data, tokens: { ...prepared.data.tokens, [purpose]: token } } }
}
