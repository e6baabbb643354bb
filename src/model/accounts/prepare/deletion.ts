import type { Deps } from '@/deps/deps'
import { findNotified, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'
import { withSecureLink } from './secure-link'

export const deletionPreparations: Preparations<
  'deletion-requested' | 'deletion-reminder' | 'deletion-cancelled' | 'account-deleted'
> = {
  'deletion-requested': prepareScheduled,
  'deletion-reminder': prepareScheduled,
  'deletion-cancelled': async (deps, mail) => {
    const owner = await findNotified(deps, mail)
    return owner?.deletion_at === null ? withSecureLink(deps, mail, owner) : OUTDATED
  },
  'account-deleted': async (_, mail) => ready(mail, 'account-deleted'),
}

/** Not once the time has come: the mail says how to keep the account. */
async function prepareScheduled(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findNotified(deps, mail)
  const deletionAt = owner?.deletion_at ?? 0
  if (!owner || deletionAt !== mail.details.until || deletionAt <= deps.now()) return OUTDATED
  // Also from a reminder, the link cancels the deletion, because it names the request.
  return withSecureLink(deps, mail, owner, {
    kind: 'deletion-requested',
    at: owner.deletion_requested_at ?? deps.now(),
  })
}
