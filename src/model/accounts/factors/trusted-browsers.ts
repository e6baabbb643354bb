import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { rememberKnownDevice, revokeTrustOf } from '@/model/limits/known-devices'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, Session, User } from '@/model/types'

/**
 * Every browser asks for the second step again. A restored session can do this, so it ends no pending login: with a copied
 * remember cookie, an attacker could stop every login of the owner.
 */
export function revokeTrustedBrowsers(deps: Deps, user: Pick<User, 'id'>, client: Client) {
  const revoke = async (deps: Deps) => {
    await revokeTrustOf(deps, user)
    await recordEvent(deps, { kind: 'trusted-browsers-revoked', userId: user.id }, client)
  }
  return inTransaction(deps, revoke, { locks: [accountLock(user.id)] })
}

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
