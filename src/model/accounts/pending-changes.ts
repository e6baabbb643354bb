import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import type { User } from '@/model/types'

/** The links of a requested change end then. */
const EMAIL_CHANGE_LIFETIME = days(1)

/** Epoch milliseconds; null if nothing is pending. */
export type PendingChanges = { emailChangeRequestedAt: number | null; deletionAt: number | null }

/** Without the new address: an API token is no proof that the user is present. */
export async function findPendingChanges({ db, now }: Deps, { id }: Pick<User, 'id'>): Promise<PendingChanges> {
  const row = await db
    .selectFrom('users')
    .select('deletion_at')
    .select(({ selectFrom }) =>
      selectFrom('email_changes')
        .select(({ fn }) => fn.max('requested_at').as('at'))
        .whereRef('user_id', '=', 'users.id')
        .where('changed_at', 'is', null)
        .where('cancelled_at', 'is', null)
        .where('requested_at', '>', now() - EMAIL_CHANGE_LIFETIME)
        .as('requested_at'),
    )
    .where('users.id', '=', id)
    .executeTakeFirst()
  return { emailChangeRequestedAt: row?.requested_at ?? null, deletionAt: row?.deletion_at ?? null }
}
