import type { MailKind } from '@db/mail-tables'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { isUnleased, isWaiting, type Row } from './mail-conditions'

const EXPIRED_PER_BATCH = 100

/** A finished mail keeps its recipient only if it belongs to a user: both are deleted together. */
export const emptied = (eb: Row) => ({
  details: '{}',
  recipient: eb.case().when('user_id', 'is', null).then('').else(eb.ref('recipient')).end(),
  server_failed_at: null,
})

type Finished = { id: string; kind: MailKind; user_id: string | null }

export const eventOf = ({ id, kind, user_id }: Finished) => ({
  mailId: id,
  mailKind: kind,
  ...(user_id === null ? {} : { userId: user_id }),
})

export const failAll = async (deps: Deps, ids: string[], error_code: string) => {
  const failed = await deps.db
    .updateTable('mails')
    .set((eb) => ({ failed_at: deps.now(), error_code, ...emptied(eb) }))
    .where('id', 'in', ids)
    .where(isWaiting)
    .returning(['id', 'kind', 'user_id'])
    .execute()
  for (const mail of failed) deps.emit({ kind: 'mail-failed', ...eventOf(mail), code: error_code, isFinal: true })
  return failed.length
}

/** The mail will not be sent. Returns false if it is unknown or finished. */
export const failMail = (deps: Deps, { id }: { id: string }, code: string) =>
  // The statement fails each waiting mail once.
  inTransaction(deps, async (deps) => (await failAll(deps, [id], code)) > 0, { locks: [] })

/** A batch at a time, so that no transaction is long. Called once a minute. */
export async function expireMails(deps: Deps) {
  const at = deps.now()
  for (;;) {
    const expired = await deps.db
      .selectFrom('mails')
      .select('id')
      .where(isWaiting)
      .where(isUnleased(at))
      .where('expires_at', '<=', at)
      .limit(EXPIRED_PER_BATCH)
      .execute()
    const ids = expired.map(({ id }) => id)
    // The statement fails each waiting mail once.
    if (ids.length > 0)
      await inTransaction(deps, (deps) => failAll(deps, ids, 'expired'), { locks: [], durable: false })
    if (ids.length < EXPIRED_PER_BATCH) return
  }
}
