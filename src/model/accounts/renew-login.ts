import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Client, Session, SessionLookup } from '@/model/types'
import { rememberKnownDevice } from '@/model/limits/known-devices'
import { findSeriesLifetime, startSeries } from '@/model/sessions/remember-me'
import { recordEvent } from '@/model/security-events/security-events'
import { rotateAfterReauthentication } from '@/model/sessions/rotate'
import { canRemember } from './start-login'

export type RenewOptions = {
  /** Whether a new remember series starts. */
  remember?: boolean
  /** How long the series lasts, in milliseconds, if the session had none. */
  rememberFor: number
  inSameTransaction?: (deps: Deps) => Promise<unknown>
}

/**
 * Rotates the session of a user who reauthenticated. Undefined, and nothing happened, if it ended or the password changed
 * meanwhile, or if another request was first.
 */
export const renewLogin = (
  deps: Deps,
  visit: SessionLookup,
  client: Client,
  { remember, rememberFor, inSameTransaction }: RenewOptions,
) =>
  inTransaction(deps, async (deps) => {
    const renewed = await rotateAfterReauthentication(deps, visit, client)
    if (!renewed) return undefined
    const { session, token: sessionToken } = renewed
    await inSameTransaction?.(deps)
    await recordEvent(deps, { kind: 'reauthenticated', userId: session.user_id, sessionId: session.id }, client)
    const deviceToken = await rememberKnownDevice(deps, { id: session.user_id }, client.deviceToken)
    const rememberToken = remember && canRemember(session) ? await restartSeries(deps, session, rememberFor) : undefined
    return { session, sessionToken, deviceToken, rememberToken }
  })

/** Keeps the duration that the login chose. */
const restartSeries = async (deps: Deps, session: Session, rememberFor: number) =>
  startSeries(deps, session, (await findSeriesLifetime(deps, session)) ?? rememberFor)
