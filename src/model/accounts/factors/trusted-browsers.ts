import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { rememberKnownDevice } from '@/model/limits/known-devices'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, Session, User } from '@/model/types'
import { changeFactors } from './change-factors'

/** Every browser asks for the second step again. */
export const revokeTrustedBrowsers = (deps: Deps, user: Pick<User, 'id'>, session: Session, client: Client) =>
  inTransaction(deps, async (deps) => {
    await changeFactors(deps, user, 'trust-revoked', { session })
    await recordEvent(deps, { kind: 'trusted-browsers-revoked', userId: user.id }, client)
  })

/**
 * Gives this browser a new device token. With `startsTrust` it skips the second step from now on. Belongs in the transaction of
 * the login.
 */
export async function rememberBrowser(
  deps: Deps,
  user: Pick<User, 'id'>,
  { id: sessionId }: Pick<Session, 'id'>,
  client: Client,
  startsTrust?: boolean,
) {
  if (startsTrust && deps.config.trustedBrowser > 0)
    await recordEvent(deps, { kind: 'browser-trusted', userId: user.id, sessionId }, client)
  return rememberKnownDevice(deps, user, client.deviceToken, { startsTrust })
}
