import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { rotateToken } from '@/model/sessions/rotate'
import type { Session, User } from '@/model/types'
import { cookiesIn } from '@/http/request/cookies'
import { forbidden } from '@/http/response/http-errors'
import type { Context } from '@/http/types/context'

type SessionContext = Pick<Context, 'deps' | 'request' | 'internal'> & { session: Session; currentUser: User }

/**
 * Changes how the user logs in, and gives this session a new token in the same transaction: a token that was stolen before is
 * useless then. A user who was logged out since the guard ran is denied.
 */
export async function withNewToken<T>(context: SessionContext, change: (deps: Deps) => Promise<T>) {
  const { deps, session, currentUser } = context
  const done = await inTransaction(
    deps,
    async (deps) => {
      const rotated = await rotateToken(deps, session)
      return rotated && { token: rotated.token, result: await change(deps) }
    },
    { locks: userLocks(currentUser) },
  )
  if (!done) throw forbidden()
  cookiesIn(context).set('session', done.token)
  return done.result
}
