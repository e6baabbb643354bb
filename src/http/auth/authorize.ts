import { SECURITY_PATH } from '@/lib/security-path'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { isSecondFactorRequired, isTwoStepOn } from '@/model/factors/assurance'
import { canAddSecondFactor } from '@/model/factors/step-up'
import { shouldConfirmEmail } from '@/model/accounts/verify-email'
import { scopes, type Permission, type Scope } from '@/model/users/roles'
import type { EndReason, SessionLookup } from '@/model/types'
import type { FlashKey } from '@/ui/flash-messages'
import { readReturnPath, readReturnPathIfSafe, returnPathOf } from './return-path'
import { isReloginDialog, isSpeculative } from '@/http/request/client'
import { loggablePath } from '@/http/request/path'
import { matchesPath } from '@/http/request/route-table'
import { stateOf } from '@/http/request/request-state'
import {
  LoginRequiredError,
  SetUpRequiredError,
  UnverifiedEmailError,
  forbidden,
  insufficientScope,
  AlreadyLoggedIn,
} from '@/http/response/http-errors'
import type { Auth } from '@/http/types/auth'
import type { Context } from '@/http/types/context'

/** After a logout or theft another person may use the browser, so these ask for a full login. */
const afterSessionEnd = {
  idle: ['relogin', 'session-timed-out'],
  absolute: ['relogin', 'session-timed-out'],
  revoked: ['relogin', 'session-revoked'],
  password: ['relogin', 'password-changed-elsewhere'],
  factors: ['relogin', 'two-step-turned-on'],
  logout: ['login', 'login-required'],
  deactivated: ['login', 'login-required'],
  deleted: ['login', 'login-required'],
  theft: ['login', 'theft'],
  secured: ['login', 'account-secured'],
} as const satisfies Record<EndReason, readonly ['login' | 'relogin', FlashKey]>

/** An API token does not count: it is authorized by its scope only. */
export function requireSession(context: Context) {
  if (!hasUser(context)) throw toLoginError(context)
  requireSetUp(context)
  return context
}

/** Below these, a user can set up what `MFA` requires, end sessions and log out. */
const OPEN_DURING_SET_UP = [SECURITY_PATH, '/settings/sessions', '/logout', '/session']

/** API tokens work without: their user cannot set up anything by them. */
function requireSetUp(context: Context) {
  const { request, currentUser, internal } = context
  if (!currentUser || !internal.isSetUpMissing) return
  const { path } = stateOf(request)
  if (OPEN_DURING_SET_UP.some((open) => path === open || path.startsWith(`${open}/`))) return
  emitDenied(context, 'forbidden')
  throw new SetUpRequiredError(currentUser, returnPathOf(internal.auth, request))
}

type WithUser = Context & { [Known in 'session' | 'currentUser']: NonNullable<Context[Known]> }

const hasUser = (context: Context): context is WithUser =>
  context.session !== undefined && context.currentUser !== undefined

function toLoginError(context: Context) {
  const { request, sessionLookup } = context
  const { auth, loginPath, reloginPath } = context.internal
  emitDenied(context, 'unauthenticated')
  const [way, flash] =
    sessionLookup?.kind === 'ended' ? afterSessionEnd[sessionLookup.reason] : (['login', 'login-required'] as const)
  const [path, user] = way === 'login' ? [loginPath] : [reloginPath, sessionLookup?.user]
  return new LoginRequiredError('unauthenticated', path, returnPathOf(auth, request), flash, user)
}

/** The event has the user id, also for an ended session. */
const emitDenied = (
  { deps, request, currentUser, sessionLookup }: Context,
  reason: 'unauthenticated' | 'forbidden',
) => {
  const userId = currentUser?.id ?? sessionLookup?.user.id
  emitGuardEvent(deps, request, {
    kind: 'access-denied',
    reason,
    path: loggablePath(stateOf(request).path),
    userId,
  })
}

export function requireFreshSession(context: Context) {
  const authorized = requireSession(context)
  if (authorized.isFresh) return authorized
  throw toReauthError(authorized, 'reauth-required')
}

function toReauthError(context: WithUser, reason: 'reauth-required' | 'second-factor-required') {
  const { deps, request, session, currentUser, internal } = context
  const owner = { userId: session.user_id, sessionId: session.id }
  emitGuardEvent(deps, request, { kind: 'reauth-required', ...owner, path: loggablePath(stateOf(request).path) })
  const returnPath = returnPathOf(internal.auth, request)
  return new LoginRequiredError(reason, internal.reloginPath, returnPath, 'fresh-login-required', currentUser)
}

/** Two factors in this session. An account that has no second factor must add one first. */
export async function requireSecondFactor(context: Context) {
  const authorized = requireSession(context)
  if (authorized.aal === 2) return authorized
  if (canAddSecondFactor(await authorized.factors())) throw toReauthError(authorized, 'second-factor-required')
  emitDenied(authorized, 'forbidden')
  throw new SetUpRequiredError(authorized.currentUser, returnPathOf(authorized.internal.auth, authorized.request))
}

export async function requireFreshSecondFactor(context: Context) {
  requireFreshSession(context)
  return requireSecondFactor(context)
}

/** Accepts a session, or a token with the permission among its scopes. */
export const requirePermission = (permission: Permission) => (context: Context) => {
  const { currentUser, token } = context
  if (!currentUser) throw toLoginError(context)
  if (!context.can(permission)) {
    emitDenied(context, 'forbidden')
    throw token && isScope(permission) ? insufficientScope(permission) : forbidden()
  }
  requireSetUp(context)
  if (isAdministrative(permission) && hasUser(context)) requireSecondFactorIfSetUp(context)
  return { ...context, currentUser }
}

/** No API token has such a permission. */
const isAdministrative = (permission: Permission) => /^(users|mail):/.test(permission)

/** The pages of administrators open for a stolen password only if the account has no second factor. */
function requireSecondFactorIfSetUp(context: WithUser) {
  const { deps, currentUser, aal } = context
  const isNeeded = isTwoStepOn(currentUser) || isSecondFactorRequired(deps.config.mfa, currentUser)
  if (isNeeded && aal < 2) throw toReauthError(context, 'second-factor-required')
}

const isScope = (permission: Permission): permission is Scope => scopes.some((scope) => scope === permission)

/** For pages that only the owner of a mailbox may use. Without confirmations every login is enough. */
export function requireVerifiedEmail(context: Context) {
  const authorized = requireSession(context)
  const { deps, currentUser } = authorized
  if (!shouldConfirmEmail(deps, currentUser)) return authorized
  emitDenied(context, 'forbidden')
  throw new UnverifiedEmailError()
}

export const requireFreshPermission = (permission: Permission) => {
  const authorize = requirePermission(permission)
  return (context: Context) => {
    authorize(context)
    return requireFreshSession(context)
  }
}

export async function requireGuest(context: Context, body: unknown) {
  const { auth } = context.internal
  const { request, session, currentUser } = context
  const { next, returnPath } = readReturnPath(auth, request, body)
  if (currentUser && !(session && isCredentialForm(auth, request)))
    throw new AlreadyLoggedIn(await context.afterLoginPath(currentUser, returnPath))
  return { ...context, visitor: auth.visitor(request), next, returnPath }
}

/**
 * A user sends such a form from a page that was opened before the login in another tab. A redirect would drop the typed
 * credentials without a message, and the user would continue in the wrong account.
 */
const isCredentialForm = ({ allLoginPaths }: Auth, request: Request) =>
  request.method === 'POST' &&
  ['/login', '/login/passkey', '/signup', ...allLoginPaths].some((path) => matchesPath(path, stateOf(request).path))

const canRelogin = (sessionLookup: SessionLookup) =>
  sessionLookup.kind === 'active' || afterSessionEnd[sessionLookup.reason][0] === 'relogin'

export async function requireReloginPending(context: Context, body: unknown) {
  const { auth, loginPath } = context.internal
  const read = isReloginDialog(context.request) ? readReturnPathIfSafe : readReturnPath
  const { next, returnPath } = read(auth, context.request, body)
  const { sessionLookup, isFresh, aal } = context
  if (!sessionLookup || !canRelogin(sessionLookup)) {
    emitDenied(context, 'unauthenticated')
    throw new LoginRequiredError('unauthenticated', loginPath, returnPath)
  }
  // A page can ask a fresh session for a second factor.
  if (isFresh && !(aal < 2 && canAddSecondFactor(await context.factors())))
    throw new AlreadyLoggedIn(await context.afterLoginPath(sessionLookup.user, returnPath))
  return { ...context, sessionLookup, next, returnPath }
}

export function allowAnyone(context: Context) {
  const { request, currentUser } = context
  return {
    ...context,
    visitor: currentUser ? undefined : context.internal.auth.visitor(request),
    /** For a handler behind `anyone` that requires a login only in some cases. */
    requireLogin: () => requireSession(context),
    requireFreshLogin: () => requireFreshSession(context),
  }
}

/** The user did not ask for a page by an OPTIONS request or a prefetch, so their denials emit no event. */
export function emitGuardEvent(
  { emit }: Deps,
  request: Request,
  event: AuthEvent<'access-denied' | 'reauth-required'>,
) {
  if (request.method !== 'OPTIONS' && !isSpeculative(request)) emit(event)
}
