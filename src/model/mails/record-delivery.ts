import type { LinkPurpose } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import type { Updateable } from 'kysely'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { countSent } from './mail-counts'
import type { ClaimedMail } from './claim-mails'
import { emptied, eventOf, failAll } from './fail-mails'
import { isWaiting } from './mail-conditions'
import { retryDelay } from './retries'

/**
 * `rejected`: the mailbox does not exist. `later`: the server may accept the same mail later. `unanswered`: the mail may
 * have arrived. `dropped`: the mail is no longer wanted.
 */
type Failure = { outcome: 'rejected' | 'later' | 'unanswered' | 'dropped'; code: string }

/** The server has accepted the mail, whatever the row says: a concurrent cancellation came too late. */
export const recordSent = (deps: Deps, mail: ClaimedMail, purposes: LinkPurpose[]) => {
  const record = async (deps: Deps) => {
    const sent = await deps.db
      .updateTable('mails')
      .set((eb) => ({ sent_at: deps.now(), failed_at: null, error_code: null, ...emptied(eb) }))
      .where('id', '=', mail.id)
      .where('sent_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!sent) return
    await setRejectedAt(deps, mail, null)
    for (const purpose of purposes) await countSent(deps, purpose)
    deps.emit({ kind: 'mail-sent', ...eventOf(mail) })
  }
  return inTransaction(deps, record, { locks: [] }) // each statement decides by itself
}

export const recordFailure = (deps: Deps, mail: ClaimedMail, { outcome, code }: Failure) => {
  const record = async (deps: Deps) => {
    if (outcome === 'rejected') await setRejectedAt(deps, mail, deps.now())
    if (outcome === 'rejected' || outcome === 'dropped') return void (await failAll(deps, [mail.id], code))
    const delay = retryDelay(deps, mail, { isUnanswered: outcome === 'unanswered' })
    const postponed = { due_at: deps.now() + delay, lease_expires_at: 0, error_code: code, server_failed_at: null }
    if (await updateClaimed(deps, mail, postponed))
      deps.emit({ kind: 'mail-failed', ...eventOf(mail), code, isFinal: false })
  }
  return inTransaction(deps, record, { locks: [] }) // the lease decides
}

/** The server as a whole has failed, so the attempt does not count. A restart of the job keeps the time of the failure. */
export const releaseMail = (deps: Deps, mail: ClaimedMail, error_code: string, failed_at: number) =>
  updateClaimed(deps, mail, {
    lease_expires_at: 0,
    attempt_count: mail.attempt_count - 1,
    error_code,
    server_failed_at: mail.server_failed_at ?? failed_at,
  })

/** The mails that failed may expire before the server works. So the due mail that expires last tells of the failure as well. */
export async function recordOutage({ db, now }: Deps, error_code: string, server_failed_at: number) {
  await db
    .updateTable('mails')
    .set({ error_code, server_failed_at })
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('mails')
        .select('id')
        .where(isWaiting)
        .where('due_at', '<=', now())
        .orderBy('expires_at', 'desc')
        .orderBy('id')
        .limit(1),
    )
    .where('server_failed_at', 'is', null)
    .execute()
}

/** False if the lease has expired: then another process may be sending the mail. */
async function updateClaimed({ db }: Deps, mail: ClaimedMail, values: Updateable<Schema['mails']>) {
  const updated = await db
    .updateTable('mails')
    .set(values)
    .where('id', '=', mail.id)
    .where('lease_expires_at', '=', mail.lease_expires_at)
    .where(isWaiting)
    .returning('id')
    .executeTakeFirst()
  return updated !== undefined
}

/** No request calls this, so its time reveals no account. */
const setRejectedAt = ({ db }: Deps, { recipient }: ClaimedMail, email_rejected_at: number | null) =>
  db
    .updateTable('users')
    .set({ email_rejected_at })
    .where('canonical_email', '=', recipient)
    .where('email_rejected_at', email_rejected_at === null ? 'is not' : 'is', null)
    .execute()
