import { Elysia } from 'elysia'
import type { Permission } from '@/model/users/roles'
import {
  requirePermission,
  allowAnyone,
  requireFreshPermission,
  requireFreshSecondFactor,
  requireFreshSession,
  requireSecondFactor,
  requireSession,
  requireVerifiedEmail,
  requireGuest,
  requireReloginPending,
} from './authorize'
import { authenticate } from './authenticate'
import { requireSecondStep } from './second-step'
import { createReply } from '@/http/response/reply'
import type { Auth } from '@/http/types/auth'
import type { Context } from '@/http/types/context'

/**
 * Every group of routes begins with one guard, and only a guard hands out `deps`, `reply` and `currentUser`:
 * a route without a guard cannot respond.
 * A guard runs before the body is validated, so visitors learn nothing from error messages.
 */
export const createGuards = (auth: Auth) => ({
  /** For health checks: reads no session, so none is extended. */
  noSession: new Elysia().derive({ as: 'scoped' }, ({ request }) => ({
    deps: auth.deps,
    reply: createReply(auth, request),
  })),
  anyone: createGuard(auth, allowAnyone),
  guest: createGuard(auth, requireGuest, { restore: exceptPost, checkPageUser: false }),
  /** For the user of an ended or stale session, who must enter the password again. */
  reloginPending: createGuard(auth, requireReloginPending),
  /** For the user of this browser's pending login: the first factor is right, and the second one is missing. */
  secondStepPending: createGuard(auth, requireSecondStep, { restore: () => false, extend: false }),
  loginRequired: createGuard(auth, requireSession),
  /** For background requests of a page: the session is neither extended nor restored. */
  poll: createGuard(auth, requireSession, { restore: () => false, extend: false }),
  /** As `loginRequired`, for users who confirmed their email address. */
  verifiedEmailRequired: createGuard(auth, requireVerifiedEmail),
  freshLoginRequired: createGuard(auth, requireFreshSession),
  /** For users who proved two factors in this session, however long ago. */
  secondFactorRequired: createGuard(auth, requireSecondFactor),
  freshSecondFactorRequired: createGuard(auth, requireFreshSecondFactor),
  /** For users with the permission; below `/api` also for tokens with this scope. */
  permissionRequired: (permission: Permission) => createGuard(auth, requirePermission(permission)),
  freshPermissionRequired: (permission: Permission) => createGuard(auth, requireFreshPermission(permission)),
})

export type Guards = ReturnType<typeof createGuards>

type Authorize<Authorized> = (context: Context, body: unknown) => Authorized | Promise<Authorized>

type GuardOptions = { restore?: (request: Request) => boolean; extend?: boolean; checkPageUser?: boolean }

/** The framework keeps only the hook function of a guard, so this map finds the guard of a route. */
const authorizers = new WeakMap<object, object>()

export type GuardedRoute = { method: string; path: string; hooks: { transform?: { fn: object } | { fn: object }[] } }

/** Undefined for a route that authenticates no user. */
export const authorizerOf = ({ hooks }: GuardedRoute) =>
  [hooks.transform ?? []].flat().flatMap(({ fn }) => authorizers.get(fn) ?? [])[0]

const createGuard = <Authorized extends Record<string, unknown>>(
  auth: Auth,
  authorize: Authorize<Authorized>,
  { restore = () => true, extend = true, checkPageUser = true }: GuardOptions = {},
) => {
  const runGuard = async ({ request, body }: { request: Request; body: unknown }) =>
    authorize(await authenticate(auth, request, { restore: restore(request), extend, checkPageUser }), body)
  authorizers.set(runGuard, authorize)
  return new Elysia().derive({ as: 'scoped' }, runGuard)
}

/** A POST with credentials does not restore a session: another user may be remembered in this browser. */
function exceptPost({ method }: Request) {
  return method !== 'POST'
}
