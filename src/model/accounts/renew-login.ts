import { inTransaction, type Deps } from '@/deps/deps'
import type { Client, Session, Visit } from '@/model/types'
import { issueDeviceToken } from '@/model/limits/known-devices'
import { findLifetime, startSeries } from '@/model/sessions/remember-me'
import { recordEvent } from '@/model/security-events/security-events'
import { renewSession } from '@/model/sessions/rotate'
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
  visit: Visit,
  client: Client,
  { remember, rememberFor, inSameTransaction }: RenewOptions,
) =>
  inTransaction(deps, async (deps) => {
    const renewed = await renewSession(deps, visit, client)
    if (!renewed) return undefined
    const { session, token: sessionToken } = renewed
    await inSameTransaction?.(deps)
    await recordEvent(deps, { kind: 'login-confirmed', userId: session.user_id, sessionId: session.id }, client)
    const deviceToken = await issueDeviceToken(deps, { id: session.user_id }, client.deviceToken)
    const rememberToken = remember && canRemember(session) ? await restartSeries(deps, session, rememberFor) : undefined
    return { session, sessionToken, deviceToken, rememberToken }
  })

/** Keeps the duration that the login chose. */
const restartSeries = async (deps: Deps, session: Session, rememberFor: number) =>
  startSeries(deps, session, (await findLifetime(deps, session)) ?? rememberFor)
