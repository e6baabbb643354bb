import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Client, Session, SessionLookup } from '@/model/types'
import { rememberKnownDevice } from '@/model/limits/known-devices'
import { endSeries } from '@/model/sessions/end'
import { findSeriesLifetime, startSeries } from '@/model/sessions/remember-series'
import { recordEvent } from '@/model/security-events/security-events'
import { rotateAfterReauthentication } from '@/model/sessions/rotate'
import { canRemember } from './start-login'

export type RenewOptions = {
  remember?: boolean
  /** In milliseconds. Used if the session had no remember series. */
  rememberFor: number
  inSameTransaction?: (deps: Deps) => Promise<unknown>
}

/** Returns undefined and changes nothing if the session ended, the password changed, or another request was first. */
export const renewLogin = (
  deps: Deps,
  sessionLookup: SessionLookup,
  client: Client,
  { remember, rememberFor, inSameTransaction }: RenewOptions,
) =>
  inTransaction(deps, async (deps) => {
    const rotated = await rotateAfterReauthentication(deps, sessionLookup, client)
    if (!rotated) return undefined
    const { session, token: sessionToken } = rotated
    await inSameTransaction?.(deps)
    const reauthenticated = { kind: 'reauthenticated', userId: session.user_id, sessionId: session.id } as const
    await recordEvent(deps, { ...reauthenticated, amr: session.amr }, client)
    const deviceToken = await rememberKnownDevice(deps, { id: session.user_id }, client.deviceToken)
    const rememberToken = remember && canRemember(session) ? await restartSeries(deps, session, rememberFor) : undefined
    return { session, sessionToken, deviceToken, rememberToken }
  })

async function restartSeries(deps: Deps, session: Session, rememberFor: number) {
  const rememberToken = await startSeries(deps, session, (await findSeriesLifetime(deps, session)) ?? rememberFor)
  if (session.series_id) await endSeries(deps, session.series_id, 'logout')
  return rememberToken
}
