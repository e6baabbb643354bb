import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { scopes, type Permission, type Scope } from '@/model/users/roles'
import type { EndReason, SessionLookup } from '@/model/types'
import type { FlashKey } from '@/ui/flash-messages'
import { returnPathOf, readReturnPath } from './return-path'
import { loggablePath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'
import { LoginRequiredError, forbidden, insufficientScope, AlreadyLoggedIn } from '@/http/response/http-errors'
import type { Context } from '@/http/types'

// Who is let in by which guard, and what is thrown where somebody is not.

/** Where each end of a session leads, and what is said there. Who may still be the same person is asked for the password. */
const afterSessionEnd = {
  idle: ['relogin', 'session-timed-out'],
  absolute: ['relogin', 'session-timed-out'],
  revoked: ['relogin', 'session-revoked'],
  password: ['relogin', 'password-changed-elsewhere'],
  logout: ['login', 'login-required'],
  deactivated: ['login', 'login-required'],
  theft: ['login', 'theft'],
} as const satisfies Record<EndReason, readonly ['login' | 'relogin', FlashKey]>

/** Somebody with a session. An API token is none: it enters by its scope alone. */
export function requireSession(context: Context) {
  if (hasUser(context)) return context
  throw toLoginError(context)
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

/** With the id of the user who is here, or was until their session ended. */
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
  const entered = requireSession(context)
  const { deps, request, session, isFresh } = entered
  const { auth, reloginPath } = entered.internal
  if (isFresh) return entered
  const asker = { userId: session.user_id, sessionId: session.id }
  emitGuardEvent(deps, request, { kind: 'reauth-required', ...asker, path: loggablePath(stateOf(request).path) })
  throw new LoginRequiredError(
    'reauth-required',
    reloginPath,
    returnPathOf(auth, request),
    'fresh-login-required',
    entered.currentUser,
  )
}

/** Somebody who holds the permission, with a session or with a token that has it among its scopes. */
export const requirePermission = (permission: Permission) => (context: Context) => {
  const { currentUser, token } = context
  if (!currentUser) throw toLoginError(context)
  if (context.can(permission)) return { ...context, currentUser }
  emitDenied(context, 'forbidden')
  throw token && isScope(permission) ? insufficientScope(permission) : forbidden()
}

const isScope = (permission: Permission): permission is Scope => scopes.some((scope) => scope === permission)

export const requireFreshPermission = (permission: Permission) => {
  const admit = requirePermission(permission)
  return (context: Context) => {
    admit(context)
    return requireFreshSession(context)
  }
}

/** Somebody who is not logged in, and where they want to go once they are. */
export async function requireGuest(context: Context, body: unknown) {
  const { auth } = context.internal
  const returnPath = readReturnPath(auth, context.request, body)
  if (context.currentUser) throw new AlreadyLoggedIn(await context.afterLoginPath(context.currentUser, returnPath))
  return { ...context, visitor: auth.visitor(context.request), returnPath }
}

const canRelogin = (sessionLookup: SessionLookup) =>
  sessionLookup.kind === 'active' || afterSessionEnd[sessionLookup.reason][0] === 'relogin'

/** Whose session ran out or went stale, and where they want to go on to. */
export async function requireReloginPending(context: Context, body: unknown) {
  const { auth, loginPath } = context.internal
  const returnPath = readReturnPath(auth, context.request, body)
  const { sessionLookup, isFresh } = context
  if (!sessionLookup || !canRelogin(sessionLookup)) {
    emitDenied(context, 'unauthenticated')
    throw new LoginRequiredError('unauthenticated', loginPath, returnPath)
  }
  if (isFresh) throw new AlreadyLoggedIn(await context.afterLoginPath(sessionLookup.user, returnPath))
  return { ...context, sessionLookup, returnPath }
}

/** Anybody: the current user, or a visitor. Which of the two, only a session or a token can tell. */
export function allowAnyone(context: Context) {
  const { request, currentUser } = context
  return {
    ...context,
    visitor: currentUser ? undefined : context.internal.auth.visitor(request),
    /** For a handler that opens to everybody and asks only sometimes: goes on with a logged-in user, or sends to the login. */
    requireLogin: () => requireSession(context),
    requireFreshLogin: () => requireFreshSession(context),
  }
}

/** An OPTIONS request only asks what is allowed, so its refusal is no event. */
export function emitGuardEvent(
  { emit }: Deps,
  { method }: Request,
  event: AuthEvent<'access-denied' | 'reauth-required'>,
) {
  if (method !== 'OPTIONS') emit(event)
}
