import type { Client, SessionLookup } from '@/model/types'
import { SpeculationRefused } from '@/http/response/http-errors'
import { lookUpSession } from './load-session'
import type { Auth } from '@/http/types/auth'
import type { Cookies } from '@/http/types/cookies'

/**
 * Authenticates a prefetch or prerender, without any change. Refuses it if the request of the user would change a session
 * or might see another page: the browser would show the page of the prefetch instead.
 */
export async function loadSessionForSpeculation(
  auth: Auth,
  cookies: Cookies,
  client: Client,
): Promise<SessionLookup | undefined> {
  const found = await lookUpSession(auth, cookies, { isReadOnly: true })
  if (cookies.get('saved') !== undefined) throw new SpeculationRefused()
  if (!found) {
    if (cookies.get('remember') !== undefined) throw new SpeculationRefused()
    return undefined
  }
  const { session, user } = found
  const isForeign = auth.protection !== 'off' && session.fingerprint !== client.fingerprint
  if (found.kind === 'ended' || isForeign || session.rotation_due_at !== null) throw new SpeculationRefused()
  const current = auth.findUser ? await auth.findUser(user) : user
  if (!current) throw new SpeculationRefused()
  return { ...found, user: current }
}
