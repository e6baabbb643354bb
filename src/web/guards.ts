import { Elysia } from 'elysia'
import type { Deps } from '@/deps'
import { isFresh, type EndReason, type Visit } from '@/model/sessions'
import { loadCurrentUser, type Context } from './current-user'
import { Detour, Onward } from './refusals'
import type { Flash } from './flash'
import { nextOf, nextQuery, toNextQuery } from './next'
import { createReply } from './reply'

/**
 * Every group of routes begins with one guard, and only a guard hands out `deps`, `reply` and `currentUser`:
 * a route that forgets to say who may enter has nothing to answer with.
 * A guard runs before the body is validated, so strangers learn nothing from error messages.
 */
export const createGuards = (deps: Deps) => ({
  /** For probes: answers without looking at who is asking, so that no session slides. */
  nobody: new Elysia().derive({ as: 'scoped' }, ({ request }) => ({ deps, reply: createReply(deps.config, request) })),
  anyone: guard(deps, (context) => context),
  guest: guard(deps, loggedOut, unlessTyped),
  /** Who has to type the password again: the user of an ended session, or of one that is no longer fresh. */
  reloginRequired: guard(deps, whoReturns),
  loginRequired: guard(deps, loggedIn),
  freshLoginRequired: guard(deps, (context) => fresh(loggedIn(context))),
})

export type Guards = ReturnType<typeof createGuards>

type Admit<Admitted> = (context: Context, next: () => string) => Admitted
type Restores = (request: Request) => boolean

const guard = <Admitted extends Record<string, unknown>>(
  deps: Deps,
  admit: Admit<Admitted>,
  restores: Restores = () => true,
) =>
  new Elysia().derive({ as: 'scoped' }, async ({ request, body }) =>
    admit(await loadCurrentUser(deps, request, restores(request)), () => nextOf(request, body)),
  )

/** Credentials that somebody sends are judged, and not the remember token of who used this browser before. */
const unlessTyped: Restores = ({ method }) => method !== 'POST'

/** Where each end of a session leads, and what is said there. Who may still be the same person is asked for the password. */
const afterEnd = {
  idle: ['/relogin', 'session-timed-out'],
  absolute: ['/relogin', 'session-timed-out'],
  revoked: ['/relogin', 'session-revoked'],
  password: ['/relogin', 'password-changed-elsewhere'],
  logout: ['/login', 'login-required'],
  deactivated: ['/login', 'login-required'],
  theft: ['/login', 'theft'],
} as const satisfies Record<EndReason, readonly ['/login' | '/relogin', Flash]>

function loggedOut(context: Context, nextOf: () => string) {
  const next = nextOf()
  if (context.currentUser) throw new Onward(next)
  return { ...context, next }
}

function loggedIn({ session, currentUser, ...context }: Context) {
  if (!session || !currentUser) throw detourOf(context)
  return { ...context, session, currentUser }
}

function detourOf({ visit, request }: Pick<Context, 'visit' | 'request'>) {
  const [path, flash] = visit?.kind === 'ended' ? afterEnd[visit.reason] : (['/login', 'login-required'] as const)
  return new Detour(path + nextQuery(request), flash)
}

type LoggedIn = ReturnType<typeof loggedIn>

function fresh(context: LoggedIn) {
  if (!isFresh(context.deps, context.session))
    throw new Detour('/relogin' + nextQuery(context.request), 'fresh-login-required')
  return context
}

const asksAgain = (visit: Visit) => visit.kind === 'live' || afterEnd[visit.reason][0] === '/relogin'

function whoReturns({ visit, ...context }: Context, nextOf: () => string) {
  const next = nextOf()
  if (!visit || !asksAgain(visit)) throw new Detour('/login' + toNextQuery(next))
  if (visit.kind === 'live' && isFresh(context.deps, visit.session)) throw new Onward(next)
  return { ...context, visit, next }
}
