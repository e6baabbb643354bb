import type { Deps } from '@/deps/deps'
import { idPrefixAt } from '@/lib/sortable-id'
import type { User } from '@/model/types'

/** Epoch milliseconds: when the account was recovered, and from when sensitive changes are possible again. */
export type RecoveryHold = { since: number; until: number; cause: 'password' | 'factors' }

/** An attacker who had the mailbox for an hour must not be able to keep the account. Undefined if nothing is held. */
export async function findRecoveryHold(
  { db, now, config }: Deps,
  { id }: Pick<User, 'id'>,
): Promise<RecoveryHold | undefined> {
  const user = await db.selectFrom('users').select('recovered_at').where('id', '=', id).executeTakeFirst()
  const since = user?.recovered_at ?? null
  if (since === null || since + config.recoveryHold <= now()) return undefined
  const reset = await db
    .selectFrom('security_events')
    .select('id')
    .where('user_id', '=', id)
    .where('kind', '=', 'factors-reset')
    .where('id', '>=', idPrefixAt(since))
    .limit(1)
    .executeTakeFirst()
  return { since, until: since + config.recoveryHold, cause: reset ? 'factors' : 'password' }
}
