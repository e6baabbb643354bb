import type { Deps } from '@/deps/deps'
import { accountLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Client } from '@/model/types'
import { discardSavedRequests } from '@/model/saved-requests/saved-requests'
import { forgetRememberedDevice } from '@/model/sessions/remember-me'
import { recordEvent } from '@/model/security-events/security-events'
import { stopSecondStep } from './factors/second-step'
import { endSeries } from '@/model/sessions/end'
import { endSessionByToken, findOwnerByToken } from '@/model/sessions/end-by-token'

export type BrowserSecrets = {
  sessionToken?: string
  rememberToken?: string
  pendingToken?: string
  savedRequestSecret?: string
}

export async function endLogin(deps: Deps, secrets: BrowserSecrets, client: Client) {
  const { sessionToken } = secrets
  const owner = sessionToken ? await findOwnerByToken(deps, sessionToken) : undefined
  return inTransaction(deps, (deps) => end(deps, owner, secrets, client), { locks: accountLocks(owner) })
}

async function end(
  deps: Deps,
  owner: string | undefined,
  { sessionToken, rememberToken, pendingToken, savedRequestSecret }: BrowserSecrets,
  client: Client,
) {
  const session = sessionToken && owner ? await endSessionByToken(deps, owner, sessionToken) : undefined
  if (session?.series_id) await endSeries(deps, session.user_id, session.series_id, 'logout')
  await forgetRememberedDevice(deps, rememberToken, client)
  if (pendingToken !== undefined) await stopSecondStep(deps, pendingToken)
  const endedSavedRequests = await discardSavedRequests(deps, savedRequestSecret)
  if (session && !session.hadEnded)
    await recordEvent(deps, { kind: 'logged-out', userId: session.user_id, sessionId: session.id }, client)
  return { endedSavedRequests }
}
