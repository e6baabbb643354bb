import { inTransaction, type Deps } from '@/deps/deps'
import { endSeries, endSession } from '@/model/sessions/end'
import { renewToken } from '@/model/sessions/rotate'
import { findSeriesId, restoreSession } from '@/model/sessions/remember-me'
import type { Client, Visit } from '@/model/types'
import { changeClient, findVisit, isToSlide, slideSession } from '@/model/sessions/sessions'
import { isToken } from '@/lib/random-token'
import { leaveFlash } from '@/http/response/flash'
import { keepRememberToken } from './log-in'
import type { Auth, Cookies } from '@/http/types'

/** The session that the cookie leads to, as it stands in the database. */
export function findVisitOf({ deps }: Auth, cookies: Cookies) {
  const token = cookies.find('session')
  return token && isToken(token) ? findVisit(deps, token) : Promise.resolve(undefined)
}

/** Whether a remember token may start a session, and whether a person sees the answer. */
type Look = { restores: boolean; isSeen: boolean }

/** The session behind a request, after all that has to become of it: protected, restored, renewed, or dropped. */
export async function findCurrentVisit(auth: Auth, cookies: Cookies, client: Client, { restores, isSeen }: Look) {
  const found = await findVisitOf(auth, cookies)
  const visit = found?.kind === 'live' ? await protect(auth, found, client) : found
  if (visit?.kind === 'live') {
    dropStrangersToken(cookies, visit)
    return withUser(auth, cookies, visit)
  }
  if (visit?.reason === 'theft' && isSeen) {
    leaveFlash(auth, cookies, 'theft')
    cookies.clear('session') // told once, and not again on each page
  }
  // A hand on the database may have closed the account: then this is when its device is forgotten, too.
  if (visit?.reason === 'deactivated' && visit.session.series_id)
    await endSeries(auth.deps, visit.session.series_id, 'deactivated')
  const restored = restores ? await restoreVisit(auth, cookies, client) : undefined
  return restored ? withUser(auth, cookies, restored) : visit
}

/** SESSION_PROTECTION: what becomes of a session whose token comes from another client than it was given to. */
function protect({ deps, protection }: Auth, visit: Visit, client: Client): Visit | Promise<Visit> {
  const { session } = visit
  if (protection === 'off' || session.fingerprint === client.fingerprint) return visit
  return inTransaction(deps, async (deps) => {
    const changed = { ...visit, session: await changeClient(deps, session, client) }
    if (protection === 'basic') return changed
    await endSession(deps, session, 'theft')
    if (session.series_id) await endSeries(deps, session.series_id, 'theft')
    return { ...visit, kind: 'ended', reason: 'theft' }
  })
}

/** A session and a remember token that do not belong together: the session is who one is, and the token goes. */
function dropStrangersToken(cookies: Cookies, { session }: Visit) {
  const token = cookies.find('remember')
  if (token && findSeriesId(token) !== session.series_id) cookies.clear('remember')
}

/** The app's own way to find the current user has the last word; whom it does not know has no session. */
async function withUser({ deps, findUser }: Auth, cookies: Cookies, visit: Visit): Promise<Visit | undefined> {
  if (!findUser || visit.kind === 'ended') return visit
  const user = await findUser(visit.user)
  if (user) return { ...visit, user }
  await endSession(deps, visit.session, 'revoked')
  if (visit.session.series_id) await endSeries(deps, visit.session.series_id, 'revoked')
  for (const name of ['session', 'remember'] as const) cookies.clear(name)
  return undefined
}

/** What becomes of a live session because a person used it: it slides, and after a change of role it gets a new token. */
export function touchVisit({ deps }: Auth, cookies: Cookies, visit: Visit, client: Client) {
  const isDue = isToSlide(deps, visit.session) || visit.session.renewal_due_at !== null
  return isDue ? slideVisit(deps, cookies, visit, client) : visit
}

async function slideVisit(deps: Deps, cookies: Cookies, visit: Visit, client: Client): Promise<Visit> {
  const session = await slideSession(deps, visit.session, client)
  const slid = { ...visit, session }
  if (session.renewal_due_at === null) return slid
  const renewal = await renewToken(deps, session)
  if (!renewal) return slid
  cookies.set('session', renewal.token)
  return { ...visit, session: renewal.session }
}

async function restoreVisit(auth: Auth, cookies: Cookies, client: Client): Promise<Visit | undefined> {
  const token = cookies.find('remember')
  if (!token) return undefined
  const restored = await restoreSession(auth.deps, token, client)
  if (restored.kind === 'shared') return protect(auth, restored.visit, client)
  if (restored.kind === 'restored') {
    cookies.set('session', restored.sessionToken)
    keepRememberToken(auth.deps, cookies, restored.rememberToken)
    return restored.visit
  }
  if (restored.kind === 'theft') leaveFlash(auth, cookies, 'theft')
  cookies.clear('remember') // of no use to anybody
  return undefined
}
