import { scopes, type Permission, type Scope } from '@/model/users/roles'
import type { EndReason, Visit } from '@/model/types'
import type { Flash } from '@/ui/flash-messages'
import { nextAfter, nextOf } from './return-path'
import { shortPathOf } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'
import { tellAtDoor } from '@/web/doors'
import { Detour, notAllowed, notInScope, Onward } from '@/http/response/http-errors'
import type { Context } from '@/http/types'

// Who is let in by which guard, and what is thrown where somebody is not.

/** Where each end of a session leads, and what is said there. Who may still be the same person is asked for the password. */
const afterEnd = {
  idle: ['relogin', 'session-timed-out'],
  absolute: ['relogin', 'session-timed-out'],
  revoked: ['relogin', 'session-revoked'],
  password: ['relogin', 'password-changed-elsewhere'],
  logout: ['login', 'login-required'],
  deactivated: ['login', 'login-required'],
  theft: ['login', 'theft'],
} as const satisfies Record<EndReason, readonly ['login' | 'relogin', Flash]>

/** Somebody with a session. An API token is none: it enters by its scope alone. */
export function loggedIn(context: Context) {
  if (isOfUser(context)) return context
  throw refusal(context)
}

type OfUser = Context & { [Known in 'session' | 'currentUser']: NonNullable<Context[Known]> }

const isOfUser = (context: Context): context is OfUser =>
  context.session !== undefined && context.currentUser !== undefined

function refusal(context: Context) {
  const { request, visit } = context
  const { auth, loginPath, reloginPath } = context.internal
  tellRefused(context, 'not-logged-in')
  const [way, flash] = visit?.kind === 'ended' ? afterEnd[visit.reason] : (['login', 'login-required'] as const)
  const [path, user] = way === 'login' ? [loginPath] : [reloginPath, visit?.user]
  return new Detour('refused', path, nextAfter(auth, request), flash, user)
}

/** With the id of the user who is here, or was until their session ended. */
const tellRefused = ({ deps, request, currentUser, visit }: Context, because: 'not-logged-in' | 'not-allowed') => {
  const userId = currentUser?.id ?? visit?.user.id
  tellAtDoor(deps, request, { kind: 'refused', because, path: shortPathOf(stateOf(request).path), userId })
}

export function freshlyLoggedIn(context: Context) {
  const entered = loggedIn(context)
  const { deps, request, session, isFresh } = entered
  const { auth, reloginPath } = entered.internal
  if (isFresh) return entered
  const asker = { userId: session.user_id, sessionId: session.id }
  tellAtDoor(deps, request, { kind: 'stale', ...asker, path: shortPathOf(stateOf(request).path) })
  throw new Detour('stale', reloginPath, nextAfter(auth, request), 'fresh-login-required', entered.currentUser)
}

/** Somebody who holds the permission, with a session or with a token that has it among its scopes. */
export const allowed = (permission: Permission) => (context: Context) => {
  const { currentUser, token } = context
  if (!currentUser) throw refusal(context)
  if (context.can(permission)) return { ...context, currentUser }
  tellRefused(context, 'not-allowed')
  throw token && isScope(permission) ? notInScope(permission) : notAllowed()
}

const isScope = (permission: Permission): permission is Scope => scopes.some((scope) => scope === permission)

export const freshlyAllowed = (permission: Permission) => {
  const admit = allowed(permission)
  return (context: Context) => {
    admit(context)
    return freshlyLoggedIn(context)
  }
}

/** Somebody who is not logged in, and where they want to go once they are. */
export async function loggedOut(context: Context, body: unknown) {
  const { auth } = context.internal
  const next = nextOf(auth, context.request, body)
  if (context.currentUser) throw new Onward(await context.wayOn(context.currentUser, next))
  return { ...context, visitor: auth.visitor(context.request), next }
}

const asksAgain = (visit: Visit) => visit.kind === 'live' || afterEnd[visit.reason][0] === 'relogin'

/** Whose session ran out or went stale, and where they want to go on to. */
export async function returning(context: Context, body: unknown) {
  const { auth, loginPath } = context.internal
  const next = nextOf(auth, context.request, body)
  const { visit, isFresh } = context
  if (!visit || !asksAgain(visit)) {
    tellRefused(context, 'not-logged-in')
    throw new Detour('refused', loginPath, next)
  }
  if (isFresh) throw new Onward(await context.wayOn(visit.user, next))
  return { ...context, visit, next }
}

/** Anybody: the current user, or a visitor. Which of the two, only a session or a token can tell. */
export function anybody(context: Context) {
  const { request, currentUser } = context
  return {
    ...context,
    visitor: currentUser ? undefined : context.internal.auth.visitor(request),
    /** For a handler that opens to everybody and asks only sometimes: goes on with a logged-in user, or sends to the login. */
    requireLogin: () => loggedIn(context),
    requireFreshLogin: () => freshlyLoggedIn(context),
  }
}
