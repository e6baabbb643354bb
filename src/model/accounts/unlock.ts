import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { clearFailuresOf } from '@/model/limits/login-attempts'
import { recordEvent } from '@/model/security-events/security-events'
import type { User } from '@/model/types'
import { canonicalEmail } from '@/lib/email-address'

/** Clears the failed logins of an account and of its known devices. The hits of sources stay: users can share a source. */
export const unlockUser = (deps: Deps, user: Pick<User, 'id' | 'email'>, by: Actor) =>
  inTransaction(
    deps,
    async (deps) => {
      const wereCounted = await clearFailuresOf(deps, user, canonicalEmail(user.email) ?? '')
      if (wereCounted) await recordEvent(deps, { kind: 'account-unlocked', userId: user.id, by })
    },
    { locks: userLocks(user) },
  )
