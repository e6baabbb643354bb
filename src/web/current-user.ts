import type { Deps } from '@/deps'
import { endSeries, findSeriesId, restoreSession } from '@/model/remember-tokens'
import { endFreshness, endSession, findVisit, slideSession, type Client, type Visit } from '@/model/sessions'
import { isByPerson, readClient } from './client'
import { openCookies, type Cookies } from './cookies'
import { leaveFlash } from './flash'
import { createLogin, keepRememberToken } from './login'
import { isApi, pathOf } from './paths'
import { createReply } from './reply'

export type Context = ReturnType<typeof createContext>

const TOKEN = /^[\w-]{43}$/

// An answer that goes wrong later still sets the cookies of the request it answers: a remember token that was traded on
// the way must reach the browser, even with an error page.
const contexts = new WeakMap<Request, Context>()

/** Who is asking, in which session, and how to answer. `restores` tells whether a remember token may start a session. */
export async function loadCurrentUser(deps: Deps, request: Request, restores: boolean) {
  const cookies = openCookies(deps, request)
  const client = readClient(request)
  // An explicit credential is judged on its own: a bad one does not fall back to the cookies that came with it.
  const visit = bringsApiToken(request) ? undefined : await findCurrentVisit(deps, cookies, client, restores)
  if (visit?.kind === 'live' && isByPerson(request)) await slideSession(deps, visit.session)
  const context = createContext(deps, request, cookies, client, visit)
  contexts.set(request, context)
  return context
}

/** The context for an error page: the one that was loaded, or a look at the session that slides and restores nothing. */
export async function contextOf(deps: Deps, request: Request) {
  const loaded = contexts.get(request)
  if (loaded) return loaded
  const cookies = openCookies(deps, request)
  const found = await findVisitOf(deps, cookies).catch(() => undefined) // the store may be what broke
  return createContext(deps, request, cookies, readClient(request), found)
}

const bringsApiToken = (request: Request) => isApi(pathOf(request)) && request.headers.has('authorization')

function createContext(deps: Deps, request: Request, cookies: Cookies, client: Client, visit: Visit | undefined) {
  const live = visit?.kind === 'live' ? visit : undefined
  const { logIn, logOut, confirmLogin } = createLogin(deps, cookies, client, visit)
  return {
    deps,
    request,
    /** The live session, or an ended one that can still say whose it was and why it ended. */
    visit,
    session: live?.session,
    currentUser: live?.user,
    reply: createReply(deps.config, request, cookies, live?.user),
    logIn,
    logOut,
    confirmLogin,
  }
}

function findVisitOf(deps: Deps, cookies: Cookies) {
  const token = cookies.find('session')
  return token && TOKEN.test(token) ? findVisit(deps, token) : Promise.resolve(undefined)
}

async function findCurrentVisit(
  deps: Deps,
  cookies: Cookies,
  client: Client,
  restores: boolean,
): Promise<Visit | undefined> {
  const found = await findVisitOf(deps, cookies)
  const visit = found?.kind === 'live' ? await protect(deps, found, client) : found
  if (visit?.kind === 'live') {
    dropStrangersToken(cookies, visit)
    return visit
  }
  if (visit?.reason === 'theft') {
    leaveFlash(cookies, 'theft')
    cookies.clear('session') // told once, and not again on each page
  }
  // A hand on the database may have closed the account: then this is when its device is forgotten, too.
  if (visit?.reason === 'deactivated' && visit.session.series_id)
    await endSeries(deps, visit.session.series_id, 'deactivated')
  return (restores ? await restoreVisit(deps, cookies, client) : undefined) ?? visit
}

/** SESSION_PROTECTION: what becomes of a session whose token comes from another client than it was given to. */
async function protect(deps: Deps, visit: Visit, client: Client): Promise<Visit> {
  const { session } = visit
  const { protection } = deps.config.session
  if (protection === 'off' || session.fingerprint === client.fingerprint) return visit
  if (protection === 'basic')
    return session.credential_at === null ? visit : { ...visit, session: await endFreshness(deps, session) }
  await endSession(deps, session, 'theft')
  if (session.series_id) await endSeries(deps, session.series_id, 'theft')
  return { ...visit, kind: 'ended', reason: 'theft' }
}

/** A session and a remember token that do not belong together: the session is who one is, and the token goes. */
function dropStrangersToken(cookies: Cookies, { session }: Visit) {
  const token = cookies.find('remember')
  if (token && findSeriesId(token) !== session.series_id) cookies.clear('remember')
}

async function restoreVisit(deps: Deps, cookies: Cookies, client: Client): Promise<Visit | undefined> {
  const token = cookies.find('remember')
  if (!token) return undefined
  const restored = await restoreSession(deps, token, client)
  if (restored.kind === 'shared') return protect(deps, restored.visit, client)
  if (restored.kind === 'restored') {
    cookies.set('session', restored.sessionToken)
    keepRememberToken(deps, cookies, restored.rememberToken)
    return restored.visit
  }
  if (restored.kind === 'theft') leaveFlash(cookies, 'theft')
  cookies.clear('remember') // of no use to anybody
  return undefined
}
