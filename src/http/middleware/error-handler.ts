import { SECURITY_PATH } from '@/lib/security-path'
import { isDatabaseBusy, isDatabaseUnavailable } from '@db/errors'
import { ValidationError } from 'elysia'
import { base64url } from '@/lib/encoding'
import { QueueFull } from '@/lib/fair-queue'
import { isSpeculative } from '@/http/request/client'
import { cookiesOf } from '@/http/request/cookies'
import { bearerTokenOf } from '@/http/request/bearer-token'
import { contextForError } from '@/http/auth/authenticate'
import { allowsSaving } from '@/http/auth/saved-request'
import { withReturnPath } from '@/http/request/path'
import { allowedMethods, findRoute, type Route } from '@/http/request/route-table'
import {
  invalidFields,
  incompleteForm,
  crossOrigin,
  LoginRequiredError,
  UnverifiedEmailError,
  CrossOriginError,
  unauthenticated,
  unverifiedEmail,
  notAnObject,
  notFound,
  AlreadyLoggedIn,
  internalError,
  reauthRequired,
  secondFactorRequired,
  SetUpRequiredError,
  setUpRequired,
  HttpError,
  sessionEnded,
  databaseUnavailable,
  missingToken,
  overloaded,
  malformedBody,
  SpeculationRefused,
  methodNotAllowed,
} from '@/http/response/http-errors'
import { createReply } from '@/http/response/reply'
import { stateOf } from '@/http/request/request-state'
import type { Auth } from '@/http/types/auth'
import type { Context } from '@/http/types/context'
import type { Reply } from '@/http/types/reply'

type FailedRequest = { request: Request; code: string | number; thrown: unknown; body: unknown }

export async function handleError(auth: Auth, routes: Route[], failed: FailedRequest) {
  const { request, thrown } = failed
  const { log, random } = auth.deps
  const respondInternalError = ({ internal }: Reply, thrown: unknown) => {
    const id = base64url(random(9))
    const isOutage = isDatabaseUnavailable(thrown)
    log.error({ id, err: isOutage ? withoutStack(thrown) : thrown }, 'unhandled error')
    return internal.error(isOutage ? databaseUnavailable() : internalError(), id)
  }
  try {
    if (thrown instanceof SpeculationRefused) return createReply(auth, request).internal.refuseSpeculation()
    if (thrown instanceof CrossOriginError) return await createReply(auth, request).internal.error(crossOrigin())
    // A session read would wait for the same database.
    const readsSession = !isDatabaseUnavailable(thrown) || isDatabaseBusy(thrown)
    const context = await contextForError(auth, request, { readsSession })
    return (await handleKnownError(context, routes, failed)) ?? (await respondInternalError(context.reply, thrown))
  } catch (error) {
    // The error page failed too, probably in code of the app. Respond with a page without a user.
    const cookies = bearerTokenOf(request, auth.deps.config) === undefined ? cookiesOf(auth, request) : undefined
    return respondInternalError(createReply(auth, request, cookies), error)
  }
}

/** An outage fails each request at the same place. A stack for each one would fill the disk of the log. */
const withoutStack = (thrown: unknown) =>
  thrown instanceof Error ? { type: thrown.name, message: thrown.message } : thrown

/** Undefined for an unexpected error. */
function handleKnownError(context: Context, routes: Route[], { code, thrown, body }: FailedRequest) {
  const { request, reply } = context
  const { internal } = reply
  const isAsking = request.method === 'OPTIONS' && isFromGuard(thrown) // an OPTIONS request passes every guard
  const allow = isAsking || code === 'NOT_FOUND' ? allowedMethods(routes, request) : ''
  if (isAsking || (request.method === 'OPTIONS' && allow)) return internal.options(allow)
  const error = toKnownError(request, code, thrown, allow)
  const redirects = error instanceof LoginRequiredError || error instanceof SetUpRequiredError
  if (redirects && isSpeculative(request)) return internal.refuseSpeculation()
  if (error instanceof LoginRequiredError)
    return respondLoginRequired(context, error, allowsSaving(findRoute(routes, request)) ? body : undefined)
  if (error instanceof UnverifiedEmailError && !stateOf(request).isJson) return internal.redirectToEmail()
  if (error instanceof UnverifiedEmailError) return internal.error(unverifiedEmail())
  if (error instanceof SetUpRequiredError)
    return respondSetUpRequired(context, error, allowsSaving(findRoute(routes, request)) ? body : undefined)
  if (error instanceof AlreadyLoggedIn) return reply.redirect(error.path)
  if (error instanceof HttpError) return internal.error(error)
}

/** Maps framework error codes to HTTP errors. The framework wraps errors of our parser in a parse error. */
function toKnownError(request: Request, code: string | number, thrown: unknown, allow: string) {
  if (code === 'NOT_FOUND') return allow ? methodNotAllowed(allow) : notFound()
  if (thrown instanceof ValidationError) return stateOf(request).isApi ? invalidBody(thrown) : incompleteForm()
  if (thrown instanceof QueueFull) return overloaded()
  if (code !== 'PARSE') return thrown
  return thrown instanceof Error && thrown.cause instanceof HttpError ? thrown.cause : malformedBody()
}

/** One message per field. The messages of the framework would reveal the schema. */
function invalidBody({ all }: ValidationError) {
  if (all.some(({ path }) => path === '')) return notAnObject()
  const errors = all.map(({ path, schema }) => [path.slice(1), `Send ${path.slice(1)} as a ${schema.type}.`] as const)
  return invalidFields(Object.fromEntries(errors))
}

const isFromGuard = (thrown: unknown) =>
  thrown instanceof LoginRequiredError ||
  thrown instanceof UnverifiedEmailError ||
  thrown instanceof SetUpRequiredError ||
  thrown instanceof AlreadyLoggedIn ||
  (thrown instanceof HttpError && (thrown.status === 401 || thrown.status === 403))

/** Redirects to the login, or uses the handler of the app. That handler can only respond; it cannot grant access. */
async function respondLoginRequired(
  context: Context,
  { reason, path, returnPath, flash, user }: LoginRequiredError,
  form: unknown,
) {
  const { request, sessionLookup, reply } = context
  const { auth, saveRequestForLogin } = context.internal
  const { redirectToLogin, error, withCookies } = reply.internal
  const { isApi, isJson } = stateOf(request)
  if (isApi) return error(reason === 'second-factor-required' ? secondFactorRequired() : missingToken())
  if (isJson)
    return error(user && sessionLookup?.kind === 'ended' ? sessionEnded(sessionLookup.reason) : unauthenticated())
  const to = path === null ? null : withReturnPath(path, returnPath)
  if (to !== null && user && form) await saveRequestForLogin(user, form)
  const react = reason === 'unauthenticated' ? auth.onUnauthenticated : auth.onReauthRequired
  const own = await react?.({ request, reply, to })
  if (own) return withCookies(own)
  if (to !== null) return redirectToLogin(to, flash)
  if (reason === 'second-factor-required') return error(secondFactorRequired())
  return error(reason === 'reauth-required' ? reauthRequired() : unauthenticated())
}

/** The form is kept: the user can send it after the set-up and the next login. */
async function respondSetUpRequired(context: Context, { user, returnPath }: SetUpRequiredError, form: unknown) {
  const { request, reply } = context
  if (stateOf(request).isJson) return reply.internal.error(setUpRequired())
  if (form) await context.internal.saveRequestForLogin(user, form, { isRepeated: false }) // the script opens no dialog
  return reply.internal.redirectToSetUp(withReturnPath(SECURITY_PATH, returnPath))
}
