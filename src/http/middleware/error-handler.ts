import { isStoreFault } from '@db/sqlite/errors'
import { ValidationError } from 'elysia'
import { base64url } from '@/lib/encoding'
import { QueueFull } from '@/lib/fair-queue'
import { openCookies } from '@/http/request/cookies'
import { tokenIn } from '@/http/request/bearer-token'
import { contextOf } from '@/http/auth/authenticate'
import { takesDrafts } from '@/http/auth/saved-request'
import { methodsAt, routeAt, type Route } from '@/http/request/route-table'
import { withNext } from '@/http/auth/return-path'
import {
  badFields,
  badForm,
  crossOrigin,
  Detour,
  ForeignRequest,
  loginFirst,
  notAnObject,
  notFound,
  Onward,
  ourFault,
  passwordFirst,
  Refusal,
  sessionEnded,
  storeFails,
  tokenFirst,
  tooBusy,
  unreadable,
  wrongMethod,
} from '@/http/response/http-errors'
import { createReply } from '@/http/response/reply'
import { stateOf } from '@/http/request/request-state'
import type { Auth, Context, Reply } from '@/http/types'

/** A request that came to nothing: what the framework calls it, what was thrown, and the form as far as it was read. */
type Failed = { request: Request; code: string | number; thrown: unknown; body: unknown }

/** The one place where what went wrong becomes something to read. */
export async function answerError(auth: Auth, routes: Route[], failed: Failed) {
  const { request, thrown } = failed
  const { log, random } = auth.deps
  const refuseOurs = ({ internal }: Reply, err: unknown) => {
    const id = base64url(random(9))
    log.error({ id, err }, 'our fault')
    return internal.refuse(isStoreFault(err) ? storeFails() : ourFault(), id)
  }
  try {
    if (thrown instanceof ForeignRequest) return await createReply(auth, request).internal.refuse(crossOrigin())
    const context = await contextOf(auth, request)
    return (await answerKnown(context, routes, failed)) ?? (await refuseOurs(context.reply, thrown))
  } catch (error) {
    // What was to answer broke as well: something that an app supplied, most likely. A page without anybody's name is left.
    const cookies = tokenIn(request, auth.deps.config) === undefined ? openCookies(auth, request) : undefined
    return refuseOurs(createReply(auth, request, cookies), error)
  }
}

/** Undefined for what nobody foresaw. */
function answerKnown(context: Context, routes: Route[], { code, thrown, body }: Failed) {
  const { request, reply } = context
  const { refuse, options } = reply.internal
  const isAsking = request.method === 'OPTIONS' && isFromGuard(thrown) // how to come in, and gets an answer from any door
  const allow = isAsking || code === 'NOT_FOUND' ? methodsAt(routes, request) : ''
  if (isAsking || (request.method === 'OPTIONS' && allow)) return options(allow)
  const error = knownCase(request, code, thrown, allow)
  if (error instanceof Detour) return sendAway(context, error, takesDrafts(routeAt(routes, request)) ? body : undefined)
  if (error instanceof Onward) return reply.go(error.path)
  if (error instanceof Refusal) return refuse(error)
}

/** What the framework calls by a code is one of our refusals; what our own parser threw comes wrapped in one. */
function knownCase(request: Request, code: string | number, thrown: unknown, allow: string) {
  if (code === 'NOT_FOUND') return allow ? wrongMethod(allow) : notFound()
  if (thrown instanceof ValidationError) return stateOf(request).isApi ? badBody(thrown) : badForm()
  if (thrown instanceof QueueFull) return tooBusy()
  if (code !== 'PARSE') return thrown
  return thrown instanceof Error && thrown.cause instanceof Refusal ? thrown.cause : unreadable()
}

/** For a program: what to send instead, field by field. The framework's own words would tell how the check is written. */
function badBody({ all }: ValidationError) {
  if (all.some(({ path }) => path === '')) return notAnObject()
  const mistakes = all.map(({ path, schema }) => [path.slice(1), `Send ${path.slice(1)} as a ${schema.type}.`] as const)
  return badFields(Object.fromEntries(mistakes))
}

const isFromGuard = (thrown: unknown) =>
  thrown instanceof Detour ||
  thrown instanceof Onward ||
  (thrown instanceof Refusal && (thrown.status === 401 || thrown.status === 403))

/** To the login, or to whatever the app has instead. Nothing that it does lets anybody in: an answer is all it can give. */
async function sendAway(context: Context, { why, path, next, flash, user }: Detour, form: unknown) {
  const { request, visit, reply } = context
  const { auth, keepDraft } = context.internal
  const { detour, refuse, withCookies } = reply.internal
  const { isApi, isJson } = stateOf(request)
  if (isApi) return refuse(tokenFirst())
  if (isJson) return refuse(user && visit?.kind === 'ended' ? sessionEnded(visit.reason) : loginFirst())
  const to = path === null ? null : withNext(path, next)
  if (to !== null && user && form) await keepDraft(user, form)
  const react = why === 'stale' ? auth.whenStale : auth.whenRefused
  const own = await react?.({ request, reply, to })
  if (own) return withCookies(own)
  if (to !== null) return detour(to, flash)
  return refuse(why === 'stale' ? passwordFirst() : loginFirst())
}
