import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import type { User } from '@/model/types'

/** Until the mail leaves. Its link then works for as long. */
const PENDING_FOR = days(1)

type Changes = ExpressionBuilder<Schema, 'email_changes'>
type Change = Schema['email_changes']

const isOpen = ({ eb, and }: Changes) => and([eb('changed_at', 'is', null), eb('cancelled_at', 'is', null)])

/** The change that the user has requested and not confirmed yet. The new address gives no access. */
export const findPendingChange = (
  { db, now }: Deps,
  { id }: Pick<User, 'id'>,
): Promise<Pick<Change, 'id' | 'new_email' | 'requested_at'> | undefined> =>
  db
    .selectFrom('email_changes')
    .select(['id', 'new_email', 'requested_at'])
    .where('user_id', '=', id)
    .where(isOpen)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('requested_at', '>', now() - PENDING_FOR),
        exists(
          selectFrom('one_time_tokens')
            .select('one_time_tokens.id')
            .whereRef('email_change_id', '=', 'email_changes.id')
            .where('purpose', '=', 'change-email')
            .where('expires_at', '>', now()),
        ),
      ]),
    )
    .executeTakeFirst()

/** Also ends the links and codes of the change. Returns false if none was pending. Belongs in a transaction. */
export async function cancelPendingChange(deps: Deps, { id }: Pick<User, 'id'>) {
  const cancelled = await deps.db
    .updateTable('email_changes')
    .set({ cancelled_at: deps.now() })
    .where('user_id', '=', id)
    .where(isOpen)
    .returning('id')
    .execute()
  await revokeOneTimeTokensOf(deps, { id }, ['change-email'])
  return cancelled.length > 0
}

/** For the user, who may do this without a fresh login: the address stays the same. */
export const cancelEmailChange = (deps: Deps, user: Pick<User, 'id'>) =>
  inTransaction(deps, (deps) => cancelPendingChange(deps, user), { locks: [accountLock(user.id)] })

/** Epoch milliseconds; null if nothing is pending. */
export type PendingChanges = { emailChangeRequestedAt: number | null; deletionAt: number | null }

/** Without the new address: an API token is no proof that the user is present. */
export async function findPendingChanges(deps: Deps, { id }: Pick<User, 'id'>): Promise<PendingChanges> {
  const change = await findPendingChange(deps, { id })
  const user = await deps.db.selectFrom('users').select('deletion_at').where('id', '=', id).executeTakeFirst()
  return { emailChangeRequestedAt: change?.requested_at ?? null, deletionAt: user?.deletion_at ?? null }
}
