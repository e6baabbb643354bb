import { findVisit } from '@/model/sessions/sessions'
import { annLoggedIn } from './people'

export const client = { fingerprint: 'x', userAgent: 'x', address: '' }

/** What a request in flight still holds, while others act. */
export async function annInFlight(env: Record<string, string> = {}) {
  const site = await annLoggedIn(env)
  const visit = await findVisit(site.deps, site.annsBrowser.jar.get('session') ?? '')
  if (visit?.kind !== 'live') throw new Error('ann is not logged in')
  return { ...site, visit }
}
