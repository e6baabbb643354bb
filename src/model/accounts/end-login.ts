import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Client } from '@/model/types'
import { discardSavedRequests } from '@/model/saved-requests/saved-requests'
import { forgetRememberedDevice } from '@/model/sessions/remember-me'
import { recordEvent } from '@/model/security-events/security-events'
import { stopSecondStep } from './factors/second-step'
import { endSeries, endSessionByToken } from '@/model/sessions/end'

export type BrowserSecrets = {
  sessionToken?: string
  rememberToken?: string
  pendingToken?: string
  savedRequestSecret?: string
}

export const endLogin = (
  deps: Deps,
  { sessionToken, rememberToken, pendingToken, savedRequestSecret }: BrowserSecrets,
  client: Client,
) =>
  inTransaction(deps, async (deps) => {
    const session = sessionToken ? await endSessionByToken(deps, sessionToken) : undefined
    if (session?.series_id) await endSeries(deps, session.series_id, 'logout')
    await forgetRememberedDevice(deps, rememberToken, client)
    if (pendingToken !== undefined) await stopSecondStep(deps, pendingToken)
    const endedSavedRequests = await discardSavedRequests(deps, savedRequestSecret)
    if (session && !session.hadEnded)
      await recordEvent(deps, { kind: 'logged-out', userId: session.user_id, sessionId: session.id }, client)
    return { endedSavedRequests }
  })
