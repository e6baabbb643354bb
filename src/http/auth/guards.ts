import { Elysia } from 'elysia'
import type { Permission } from '@/model/users/roles'
import {
  requirePermission,
  allowAnyone,
  requireFreshPermission,
  requireFreshSession,
  requireSession,
  requireGuest,
  requireReloginPending,
} from './authorize'
import { authenticate } from './authenticate'
import { createReply } from '@/http/response/reply'
import type { Auth, Context } from '@/http/types'

/**
 * Every group of routes begins with one guard, and only a guard hands out `deps`, `reply` and `currentUser`:
 * a route that forgets to say who may enter has nothing to answer with.
 * A guard runs before the body is validated, so strangers learn nothing from error messages.
 */
export const createGuards = (auth: Auth) => ({
  /** For probes: answers without looking at who is asking, so that no session slides. */
  noSession: new Elysia().derive({ as: 'scoped' }, ({ request }) => ({
    deps: auth.deps,
    reply: createReply(auth, request),
  })),
  anyone: createGuard(auth, allowAnyone),
  guest: createGuard(auth, requireGuest, { restore: exceptPost }),
  /** Who has to type the password again: the user of an ended session, or of one that is no longer fresh. */
  reloginPending: createGuard(auth, requireReloginPending),
  loginRequired: createGuard(auth, requireSession),
  /** For what a page asks by itself: the session is looked at, and neither slides nor starts. */
  poll: createGuard(auth, requireSession, { restore: () => false, extend: false }),
  freshLoginRequired: createGuard(auth, requireFreshSession),
  /** Who holds a permission; on `/api/*` also by a token with it among its scopes. */
  permissionRequired: (permission: Permission) => createGuard(auth, requirePermission(permission)),
  freshPermissionRequired: (permission: Permission) => createGuard(auth, requireFreshPermission(permission)),
})

export type Guards = ReturnType<typeof createGuards>

type Authorize<Admitted> = (context: Context, body: unknown) => Admitted | Promise<Admitted>

/** As in `Look`, and what is not said is so. */
type GuardOptions = { restore?: (request: Request) => boolean; extend?: boolean }

/** By what admission each guard lets people in: the framework keeps of a guard only the function that it runs. */
const authorizers = new WeakMap<object, object>()

export type GuardedRoute = { method: string; path: string; hooks: { transform?: { fn: object } | { fn: object }[] } }

/** How the guard of a route lets people in; undefined where it asks nobody who they are. */
export const authorizerOf = ({ hooks }: GuardedRoute) =>
  [hooks.transform ?? []].flat().flatMap(({ fn }) => authorizers.get(fn) ?? [])[0]

const createGuard = <Admitted extends Record<string, unknown>>(
  auth: Auth,
  admit: Authorize<Admitted>,
  { restore = () => true, extend = true }: GuardOptions = {},
) => {
  const enter = async ({ request, body }: { request: Request; body: unknown }) =>
    admit(await authenticate(auth, request, { restore: restore(request), extend }), body)
  authorizers.set(enter, admit)
  return new Elysia().derive({ as: 'scoped' }, enter)
}

/** Credentials that somebody sends are judged, and not the remember token of who used this browser before. */
function exceptPost({ method }: Request) {
  return method !== 'POST'
}
