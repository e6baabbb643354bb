import { findUserByToken } from '@/model/api-tokens/api-tokens'
import { findFactors, isFactorSetUpMissing } from '@/model/accounts/factors/find-factors'
import { assuranceLevelOf, parseAmr } from '@/model/factors/assurance'
import type { Factors } from '@/model/factors/step-up'
import { hasPermission } from '@/model/users/roles'
import type { Client, User, SessionLookup } from '@/model/types'
import { isFresh } from '@/model/sessions/sessions'
import { isBackground, isSpeculative, isUserActivity, pageUserIds, readClient } from '@/http/request/client'
import { cookiesOf } from '@/http/request/cookies'
import { bearerTokenOf } from '@/http/request/bearer-token'
import { emitGuardEvent } from './authorize'
import { saveRequestForLogin, savedRequestKey, afterLoginPath } from './saved-request'
import { createLoginActions } from './log-in'
import { safeReturnPath } from './return-path'
import { isSafeMethod } from '@/http/request/route-table'
import { loggablePath, refererPath, withReturnPath } from '@/http/request/path'
import { invalidToken, differentUser, SpeculationRefused } from '@/http/response/http-errors'
import { createReply } from '@/http/response/reply'
import { stateOf } from '@/http/request/request-state'
import type { Auth } from '@/http/types/auth'
import type { ApiToken, Context, ContextInternals } from '@/http/types/context'
import type { Cookies } from '@/http/types/cookies'
import { loadSession, lookUpSession, extendIfDue } from './load-session'
import { loadSessionForSpeculation } from './speculation'

type Principal = {
  client?: Client
  sessionLookup?: SessionLookup
  token?: ApiToken
  user?: User
  isSetUpMissing?: boolean
}

export type SessionOptions = {
  /** Whether a remember token may start a session. */
  restore: boolean
  /** Whether an active session is extended. */
  extend: boolean
  /** Whether a page of another user is refused. */
  checkPageUser: boolean
}

export async function authenticate(auth: Auth, request: Request, look: SessionOptions) {
  const text = bearerTokenOf(request, auth.deps.config)
  if (isSpeculative(request) && (text !== undefined || !isSafeMethod(request))) throw new SpeculationRefused()
  const context =
    text === undefined
      ? await authenticateBySession(auth, request, look)
      : await authenticateByBearerToken(auth, request, text)
  stateOf(request).context = context
  return context
}

/** The context for an error page. It neither extends nor restores a session. */
export async function contextForError(auth: Auth, request: Request, { readsSession }: { readsSession: boolean }) {
  const loaded = stateOf(request).context
  if (loaded) return loaded
  if (bearerTokenOf(request, auth.deps.config) !== undefined) return createContext(auth, request, undefined, {})
  const cookies = cookiesOf(auth, request)
  // The database may be the cause of the error.
  const sessionLookup = readsSession
    ? await findSessionUnchanged(auth, request, cookies).catch(() => undefined)
    : undefined
  return createContext(auth, request, cookies, {
    sessionLookup,
    user: sessionLookup?.kind === 'active' ? sessionLookup.user : undefined,
  })
}

/** A session that protection or `findUser` would reject counts as none here. The next guard ends it. */
async function findSessionUnchanged(
  auth: Auth,
  request: Request,
  cookies: Cookies,
): Promise<SessionLookup | undefined> {
  const sessionLookup = await lookUpSession(auth, cookies, { isReadOnly: true })
  const isForeign = sessionLookup?.session.fingerprint !== readClient(auth, request).fingerprint
  if (isForeign && auth.protection === 'strong') return undefined
  if (!auth.findUser || sessionLookup?.kind !== 'active') return sessionLookup
  const user = await auth.findUser(sessionLookup.user)
  return user && { ...sessionLookup, user }
}

async function authenticateBySession(auth: Auth, request: Request, { restore, extend, checkPageUser }: SessionOptions) {
  const cookies = cookiesOf(auth, request)
  const client = readClient(auth, request)
  if (isSpeculative(request)) {
    const sessionLookup = await loadSessionForSpeculation(auth, cookies, client)
    const user = sessionLookup?.user
    const isSetUpMissing = user && (await isFactorSetUpMissing(auth.deps, user))
    return createContext(auth, request, cookies, { client, sessionLookup, user, isSetUpMissing })
  }
  auth.cookieCheck.observe(request, cookies.get('session'))
  const isSeen = extend && isUserActivity(request)
  const isWanted = restore && (isSeen || !isBackground(request))
  const found = await loadSession(auth, cookies, client, { restore: isWanted, isSeen, isRead: isSafeMethod(request) })
  if (found && checkPageUser) requireSamePageUser(auth, request, found)
  if (!found) return createContext(auth, request, cookies, { client })
  if (found.kind === 'ended') return createContext(auth, request, cookies, { client, sessionLookup: found })
  const sessionLookup = isSeen ? await extendIfDue(auth, cookies, found, client) : found
  const { user } = sessionLookup
  const isSetUpMissing = await isFactorSetUpMissing(auth.deps, user)
  return createContext(auth, request, cookies, { client, sessionLookup, user, isSetUpMissing })
}

function requireSamePageUser({ allLoginPaths }: Auth, request: Request, { kind, user }: SessionLookup) {
  if (pageUserIds(request).every((id) => id === user.id)) return
  const path = safeReturnPath(refererPath(request) ?? '', allLoginPaths)
  throw differentUser(kind === 'active' ? user.name : undefined, path)
}

/** With an explicit token no cookie is read or set, and an invalid token never falls back to the session. */
async function authenticateByBearerToken(auth: Auth, request: Request, text: string) {
  const found = await findUserByToken(auth.deps, text)
  const user = found && auth.findUser ? await auth.findUser(found.user) : found?.user
  if (!found || !user) {
    emitGuardEvent(auth.deps, request, {
      kind: 'access-denied',
      reason: 'unauthenticated',
      path: loggablePath(stateOf(request).path),
    })
    throw invalidToken(auth.deps.config.branding.tokenPrefix)
  }
  auth.deps.emit({ kind: 'token-used', userId: user.id, tokenId: found.token.id })
  return createContext(auth, request, undefined, { token: found.token, user })
}

function createContext(auth: Auth, request: Request, cookies: Cookies | undefined, principal: Principal): Context {
  const { sessionLookup, token, user, client = readClient(auth, request) } = principal
  const session = sessionLookup?.kind === 'active' ? sessionLookup.session : undefined
  const amr = session ? parseAmr(session) : []
  let factors: Promise<Factors> | undefined
  const internal = createInternals(auth, request, cookies, principal)
  const { loginPath, reloginPath } = internal
  const { logIn, logOut, reauthenticate } = createLoginActions(auth, request, client, cookies, sessionLookup)
  const withNext = (path: string, returnPath = stateOf(request).next) =>
    withReturnPath(path, returnPath && safeReturnPath(returnPath, auth.allLoginPaths))
  return {
    deps: auth.deps,
    request,
    client,
    reply: createReply(auth, request, cookies, { user, session }),
    sessionLookup,
    session,
    token,
    currentUser: user,
    isFresh: session !== undefined && user !== undefined && isFresh(auth.deps, session, user),
    amr,
    aal: assuranceLevelOf(amr),
    factors: () => (factors ??= findFactors(auth.deps, user ?? sessionLookup?.user)),
    isRemembered: session !== undefined && session.series_id !== null,
    can: (permission) =>
      user !== undefined &&
      hasPermission(user, permission) &&
      (token === undefined || token.scopes.some((scope) => scope === permission)),
    loginUrl: (returnPath) => withNext(loginPath ?? '/login', returnPath),
    reloginUrl: (returnPath) => withNext(reloginPath ?? '/relogin', returnPath),
    signupUrl: () => (auth.deps.config.isSignupOpen ? withNext('/signup') : undefined),
    withNext: (path) => withNext(path),
    afterLoginPath: (user, returnPath) => afterLoginPath(auth.deps, cookies, user, returnPath),
    internal,
    logIn,
    logOut,
    reauthenticate,
  }
}

function createInternals(
  auth: Auth,
  request: Request,
  cookies: Cookies | undefined,
  { user, isSetUpMissing = false }: Principal,
): ContextInternals {
  const { loginPath, reloginPath } = auth.loginPathsFor(stateOf(request).path)
  return {
    auth,
    loginPath,
    reloginPath,
    savedRequestKey: user && savedRequestKey(cookies, user),
    saveRequestForLogin: async (user, body, options) =>
      cookies && saveRequestForLogin(auth.deps, cookies, request, user, body, options),
    isSetUpMissing,
  }
}
