import { findSession } from '@/model/sessions/sessions'
import { annLoggedIn } from './people'

export const client = { fingerprint: 'x', userAgent: 'x', ip: '' }

/** A site and the session lookup of a request that has not finished. */
export async function annWithOpenRequest(env: Record<string, string> = {}) {
  const site = await annLoggedIn(env)
  const sessionLookup = await findSession(site.deps, site.annsBrowser.jar.get('session') ?? '')
  if (sessionLookup?.kind !== 'active') throw new Error('ann is not logged in')
  return { ...site, sessionLookup }
}
