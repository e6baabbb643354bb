import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, User } from '@/model/types'
import { findRecoveryHold, type RecoveryHold } from '@/model/users/recovery-hold'

/** Whether the user gets a mail about a login from a new browser. */
export async function wantsNewDeviceMails({ db }: Deps, { id }: Pick<User, 'id'>) {
  const user = db.selectFrom('users').select('new_device_muted_at').where('id', '=', id)
  return (await user.executeTakeFirst())?.new_device_muted_at === null
}

/** Changes nothing and returns the hold if the password was reset by mail a short time ago. */
export function setNewDeviceMails(deps: Deps, user: Pick<User, 'id'>, isWanted: boolean, client: Client) {
  const set = async (deps: Deps): Promise<RecoveryHold | undefined> => {
    const hold = await findRecoveryHold(deps, user)
    if (hold) return hold
    const changed = await deps.db
      .updateTable('users')
      .set({ new_device_muted_at: isWanted ? null : deps.now() })
      .where('id', '=', user.id)
      .where('new_device_muted_at', isWanted ? 'is not' : 'is', null)
      .returning('id')
      .executeTakeFirst()
    const kind = isWanted ? 'notification-unmuted' : 'notification-muted'
    if (changed) await recordEvent(deps, { kind, userId: user.id }, client)
    return undefined
  }
  return inTransaction(deps, set, { locks: [accountLock(user.id)] })
}
