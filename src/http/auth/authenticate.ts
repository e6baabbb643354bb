import { findUserByToken } from '@/model/api-tokens/api-tokens'
import { isAllowed } from '@/model/users/roles'
import type { Client, User, Visit } from '@/model/types'
import { isFresh } from '@/model/sessions/sessions'
import { isByItself, isByPerson, ownerOfPage, readClient } from '@/http/request/client'
import { openCookies } from '@/http/request/cookies'
import { tokenIn } from '@/http/request/bearer-token'
import { tellAtDoor } from '@/web/doors'
import { keepDraft, keeperOf, wayOn } from './saved-request'
import { createLogin } from './log-in'
import { safePath, withNext } from './return-path'
import { shortPathOf } from '@/http/request/path'
import { badToken, otherUser } from '@/http/response/http-errors'
import { createReply } from '@/http/response/reply'
import { stateOf } from '@/http/request/request-state'
import type { ApiToken, Auth, Context, ContextInternals, Cookies } from '@/http/types'
import { findCurrentVisit, findVisitOf, touchVisit } from './load-session'

/** Who is asking: with a session, with an API token, or nobody. */
type Asker = { client?: Client; visit?: Visit; token?: ApiToken; user?: User }

/** Whether a remember token may start a session, and whether a live one slides. */
export type Look = { restores: boolean; slides: boolean }

/** Who is asking, and how to answer. */
export async function loadCurrentUser(auth: Auth, request: Request, look: Look) {
  const text = tokenIn(request, auth.deps.config)
  const context = text === undefined ? await bySession(auth, request, look) : await byToken(auth, request, text)
  stateOf(request).context = context
  return context
}

/** The context for an error page: the one that was loaded, or a look at the session that slides and restores nothing. */
export async function contextOf(auth: Auth, request: Request) {
  const loaded = stateOf(request).context
  if (loaded) return loaded
  if (tokenIn(request, auth.deps.config) !== undefined) return createContext(auth, request, undefined, {})
  const cookies = openCookies(auth, request)
  const visit = await findVisitUntouched(auth, request, cookies).catch(() => undefined) // what it asks may be what broke
  return createContext(auth, request, cookies, { visit, user: visit?.kind === 'live' ? visit.user : undefined })
}

/** Where a thief's session would end, or that of whom the app does not know, it is nobody's here; it ends at the next guard. */
async function findVisitUntouched(auth: Auth, request: Request, cookies: Cookies): Promise<Visit | undefined> {
  const visit = await findVisitOf(auth, cookies)
  const isForeign = visit?.session.fingerprint !== readClient(auth, request).fingerprint
  if (isForeign && auth.protection === 'strong') return undefined
  if (!auth.findUser || visit?.kind !== 'live') return visit
  const user = await auth.findUser(visit.user)
  return user && { ...visit, user }
}

async function bySession(auth: Auth, request: Request, { restores, slides }: Look) {
  const cookies = openCookies(auth, request)
  const client = readClient(auth, request)
  const isSeen = slides && isByPerson(request)
  const isWanted = restores && (isSeen || !isByItself(request))
  const found = await findCurrentVisit(auth, cookies, client, { restores: isWanted, isSeen })
  const owner = ownerOfPage(request)
  if (found && owner !== undefined && owner !== found.user.id) throw otherUser()
  if (!found) return createContext(auth, request, cookies, { client })
  if (found.kind === 'ended') return createContext(auth, request, cookies, { client, visit: found })
  const visit = isSeen ? await touchVisit(auth, cookies, found, client) : found
  return createContext(auth, request, cookies, { client, visit, user: visit.user })
}

/** An explicit credential is judged on its own: with it no cookie is read or set, and a bad one is nobody's. */
async function byToken(auth: Auth, request: Request, text: string) {
  const found = await findUserByToken(auth.deps, text)
  const user = found && auth.findUser ? await auth.findUser(found.user) : found?.user
  if (!found || !user) {
    tellAtDoor(auth.deps, request, {
      kind: 'refused',
      because: 'not-logged-in',
      path: shortPathOf(stateOf(request).path),
    })
    throw badToken(auth.deps.config.branding.tokenPrefix)
  }
  auth.deps.tell({ kind: 'token-used', userId: user.id, tokenId: found.token.id })
  return createContext(auth, request, undefined, { token: found.token, user })
}

function createContext(auth: Auth, request: Request, cookies: Cookies | undefined, asker: Asker): Context {
  const { visit, token, user, client = readClient(auth, request) } = asker
  const session = visit?.kind === 'live' ? visit.session : undefined
  const internal = createInternals(auth, request, cookies, asker)
  const { loginPath, reloginPath } = internal
  const { logIn, logOut, confirmLogin } = createLogin(auth, client, cookies, visit)
  return {
    deps: auth.deps,
    request,
    client,
    reply: createReply(auth, request, cookies, { user, session }),
    visit,
    session,
    token,
    currentUser: user,
    isFresh: session !== undefined && isFresh(auth.deps, session),
    isRemembered: session !== undefined && session.series_id !== null,
    can: (permission) =>
      user !== undefined &&
      isAllowed(user, permission) &&
      (token === undefined || token.scopes.some((scope) => scope === permission)),
    loginUrl: (next) => withNext(loginPath ?? '/login', next && safePath(next, auth.loginPaths)),
    reloginUrl: (next) => withNext(reloginPath ?? '/relogin', next && safePath(next, auth.loginPaths)),
    wayOn: (user, next) => wayOn(auth.deps, cookies, user, next),
    internal,
    logIn,
    logOut,
    confirmLogin,
  }
}

function createInternals(
  auth: Auth,
  request: Request,
  cookies: Cookies | undefined,
  { user }: Asker,
): ContextInternals {
  const { loginPath, reloginPath } = auth.placeOf(stateOf(request).path)
  return {
    auth,
    loginPath,
    reloginPath,
    draftKeeper: user && keeperOf(cookies, user),
    keepDraft: async (user, body) => cookies && keepDraft(auth.deps, cookies, request, user, body),
  }
}
