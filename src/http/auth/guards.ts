import { Elysia } from 'elysia'
import type { Permission } from '@/model/users/roles'
import { allowed, anybody, freshlyAllowed, freshlyLoggedIn, loggedIn, loggedOut, returning } from './authorize'
import { loadCurrentUser } from './authenticate'
import { createReply } from '@/http/response/reply'
import type { Auth, Context } from '@/http/types'

/**
 * Every group of routes begins with one guard, and only a guard hands out `deps`, `reply` and `currentUser`:
 * a route that forgets to say who may enter has nothing to answer with.
 * A guard runs before the body is validated, so strangers learn nothing from error messages.
 */
export const createGuards = (auth: Auth) => ({
  /** For probes: answers without looking at who is asking, so that no session slides. */
  nobody: new Elysia().derive({ as: 'scoped' }, ({ request }) => ({
    deps: auth.deps,
    reply: createReply(auth, request),
  })),
  anyone: guard(auth, anybody),
  guest: guard(auth, loggedOut, { restores: unlessTyped }),
  /** Who has to type the password again: the user of an ended session, or of one that is no longer fresh. */
  reloginRequired: guard(auth, returning),
  loginRequired: guard(auth, loggedIn),
  /** For what a page asks by itself: the session is looked at, and neither slides nor starts. */
  poll: guard(auth, loggedIn, { restores: () => false, slides: false }),
  freshLoginRequired: guard(auth, freshlyLoggedIn),
  /** Who holds a permission; on `/api/*` also by a token with it among its scopes. */
  can: (permission: Permission) => guard(auth, allowed(permission)),
  freshCan: (permission: Permission) => guard(auth, freshlyAllowed(permission)),
})

export type Guards = ReturnType<typeof createGuards>

type Admit<Admitted> = (context: Context, body: unknown) => Admitted | Promise<Admitted>

/** As in `Look`, and what is not said is so. */
type Looks = { restores?: (request: Request) => boolean; slides?: boolean }

/** By what admission each guard lets people in: the framework keeps of a guard only the function that it runs. */
const admissions = new WeakMap<object, object>()

export type GuardedRoute = { method: string; path: string; hooks: { transform?: { fn: object } | { fn: object }[] } }

/** How the guard of a route lets people in; undefined where it asks nobody who they are. */
export const admissionOf = ({ hooks }: GuardedRoute) =>
  [hooks.transform ?? []].flat().flatMap(({ fn }) => admissions.get(fn) ?? [])[0]

const guard = <Admitted extends Record<string, unknown>>(
  auth: Auth,
  admit: Admit<Admitted>,
  { restores = () => true, slides = true }: Looks = {},
) => {
  const enter = async ({ request, body }: { request: Request; body: unknown }) =>
    admit(await loadCurrentUser(auth, request, { restores: restores(request), slides }), body)
  admissions.set(enter, admit)
  return new Elysia().derive({ as: 'scoped' }, enter)
}

/** Credentials that somebody sends are judged, and not the remember token of who used this browser before. */
function unlessTyped({ method }: Request) {
  return method !== 'POST'
}
