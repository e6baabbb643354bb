import { inTransaction } from '@/deps/transaction'
import { seconds } from '@/lib/duration'
import {
  createPendingLogin,
  PENDING_LOGIN_LIFETIME,
  type PendingLoginStart,
} from '@/model/pending-logins/pending-logins'
import type { Client, User } from '@/model/types'
import { withReturnPath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'
import type { Auth, Cookies } from '@/http/types'

/** The first factor is right and the second one is missing: no session starts. Returns the path of the second step. */
export async function beginSecondStep(
  auth: Auth,
  request: Request,
  client: Client,
  cookies: Cookies,
  user: User,
  start: Omit<PendingLoginStart, 'previousToken'>,
) {
  const token = await inTransaction(
    auth.deps,
    async (deps) => {
      const pending = { ...start, previousToken: cookies.get('pending') }
      const created = await createPendingLogin(deps, user, client, pending)
      deps.emit({ kind: 'second-step-required', userId: user.id, firstFactor: start.firstFactor })
      return created
    },
    { durable: false },
  )
  cookies.set('pending', token, PENDING_LOGIN_LIFETIME / seconds(1))
  return withReturnPath('/login/second-step', stateOf(request).next)
}
