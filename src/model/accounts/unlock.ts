import type { Deps } from '@/deps/deps'
import { emailLock, userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { clearFailuresOf } from '@/model/limits/login-attempts'
import { recordEvent } from '@/model/security-events/security-events'
import type { User } from '@/model/types'

/** Clears the failed logins of an account and of its known devices. The hits of sources stay: users can share a source. */
export const unlockUser = (deps: Deps, user: Pick<User, 'id' | 'email'>, by: Actor) =>
  inTransaction(
    deps,
    async (deps) => {
      const address = await findAddress(deps, user)
      if (address === undefined) return
      const clear = (deps: Deps) => clearFailuresOf(deps, user, address)
      const wereCounted = await inTransaction(deps, clear, { locks: [emailLock(address)] })
      if (wereCounted) await recordEvent(deps, { kind: 'account-unlocked', userId: user.id, by })
    },
    { locks: userLocks(user) },
  )

/** The address may have changed since `user` was read. Another account may have the old one by now. */
async function findAddress({ db }: Deps, { id }: Pick<User, 'id'>) {
  const user = await db.selectFrom('users').select('canonical_email').where('id', '=', id).executeTakeFirst()
  return user?.canonical_email
}
