import type { Deps } from '@/deps/deps'
import { findOwner, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'

export const deletionPreparations: Preparations<
  'deletion-requested' | 'deletion-reminder' | 'deletion-cancelled' | 'account-deleted'
> = {
  'deletion-requested': prepareScheduled,
  'deletion-reminder': prepareScheduled,
  'deletion-cancelled': async (deps, mail) =>
    (await findOwner(deps, mail))?.deletion_at === null ? ready(mail, 'deletion-cancelled') : OUTDATED,
  'account-deleted': async (_, mail) => ready(mail, 'account-deleted'),
}

/** Not once the time has come: the mail says how to keep the account. */
async function prepareScheduled(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const deletionAt = (await findOwner(deps, mail))?.deletion_at ?? 0
  return deletionAt === mail.details.until && deletionAt > deps.now() ? ready(mail, mail.kind) : OUTDATED
}
