import type { EndReason, User } from '@/model/types'
import type { FlashKey } from '@/ui/flash-messages'
import type { ErrorContent } from '@/http/types'

type Status = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 422 | 429 | 500 | 503

/** An end that no form can mend: it becomes a page with this status. */
export class HttpError extends Error implements ErrorContent {
  constructor(
    readonly status: Status,
    readonly title: string,
    readonly detail: string,
    readonly headers: Record<string, string> = {},
    /** What is wrong with which field, for programs. */
    readonly errors?: Record<string, string>,
  ) {
    super(title)
  }
}

/** Asked by a page of another site, which may measure what it cannot read: everybody gets the very same answer. */
export class CrossOriginError extends Error {}

/** Not now: log in first. */
export class LoginRequiredError extends Error {
  constructor(
    readonly reason: 'unauthenticated' | 'reauth-required',
    /** Where to; null where that is told and nobody is sent anywhere. */
    readonly path: string | null,
    /** The page to come back to. */
    readonly returnPath?: string,
    readonly flash?: FlashKey,
    /** Whose password is asked for, where that is known. */
    readonly user?: User,
  ) {
    super(reason)
  }
}

/** Nothing to do here: whoever is logged in already is sent on. */
export class AlreadyLoggedIn extends Error {
  constructor(readonly path: string) {
    super(path)
  }
}

export const unauthenticated = () =>
  new HttpError(401, 'Login required', 'Log in to use this page.', {
    'www-authenticate': 'Session',
  })
export const reauthRequired = () =>
  new HttpError(401, 'Password required', 'Enter your password again to use this page.', {
    'www-authenticate': 'Session',
  })
/** For a page's script: who it was is known, and asked for the password. */
export const sessionEnded = (reason: EndReason) =>
  new HttpError(401, 'Your session has ended', 'Enter your password again to continue.', {
    'www-authenticate': `Session error="ended", reason="${reason}"`,
  })
export const missingToken = () =>
  new HttpError(401, 'Authentication required', 'Send a session cookie or an API token.', {
    'www-authenticate': 'Bearer',
  })
/** The same for a token that is wrong, expired, revoked or of somebody deactivated: which it was is not said. */
export const invalidToken = (prefix: string) =>
  new HttpError(
    401,
    'Invalid API token',
    `The token is wrong, expired or revoked. Send it as \`Authorization: Bearer ${prefix}…\`, or create a new one.`,
    { 'www-authenticate': 'Bearer' },
  )
export const forbidden = () =>
  new HttpError(403, 'Access denied', 'Your account does not have permission for this page.')
export const insufficientScope = (scope: string) =>
  new HttpError(403, 'Insufficient scope', `This request needs a token with the scope ${scope}.`, {
    'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"`, // RFC 6750, section 3.1
  })
export const incompleteForm = () =>
  new HttpError(422, 'The form was incomplete', 'Go back, reload the page and send it again.')
export const invalidFields = (errors: Record<string, string>) =>
  new HttpError(422, 'Invalid input', Object.values(errors).join(' '), {}, errors)
export const malformedBody = () =>
  new HttpError(400, 'Unreadable request', 'We could not read your request. Go back and try again.')
export const malformedJson = () =>
  new HttpError(400, 'Malformed JSON', 'Send JSON in UTF-8, like {"name": "Ann"}, and nothing after it.')
export const jsonTooDeep = (depth: number) =>
  new HttpError(422, 'Invalid input', `Send JSON that is nested at most ${depth} levels deep.`)
/** For a program, where the body is no object at all. */
export const notAnObject = () => new HttpError(422, 'Invalid input', 'Send a JSON object, like {"name": "Ann"}.')
export const unsafeReturnPath = () =>
  new HttpError(400, 'Invalid link', 'It leads to a page outside this site. Start again from the home page.')
export const crossOrigin = () =>
  new HttpError(
    403,
    'Request blocked',
    'It came from another website. Nothing was changed. Try again from a page of this site.',
  )
export const notFound = () =>
  new HttpError(404, 'Page not found', 'The address may be mistyped, or the page was removed.')
/** A page of one user asks in the session of another, who logged in meanwhile. */
export const differentUser = () =>
  new HttpError(409, 'Another user is logged in', 'Nothing was changed. Reload the page.')
export const methodNotAllowed = (allow: string) =>
  new HttpError(405, 'Method not allowed', 'This address does not support this request method.', { allow })
export const payloadTooLarge = () => new HttpError(413, 'Too large', 'Send at most 64 KiB.', { connection: 'close' })
export const unsupportedMediaType = () =>
  new HttpError(415, 'Unsupported content type', 'Send a form, or JSON to an address below /api.')
export const misdirectedRequest = () =>
  new HttpError(421, 'Unknown host name', 'This server does not answer for this host name.')
export const overloaded = () =>
  new HttpError(503, 'The server is busy', 'Nothing was saved. Please try again in a few seconds.', {
    'retry-after': '2',
  })
/** Somebody else holds the database, its disk is full, or its file is spoilt. What was to be written was not, in whole or in part. */
export const databaseUnavailable = () =>
  new HttpError(503, 'Temporarily unavailable', 'Nothing was saved. Please try again in a moment.', {
    'retry-after': '5',
  })
/** Its browsers come back by themselves, and one for each is enough. */
export const tooManyStreams = () =>
  new HttpError(429, 'Too many open connections', 'Close this site in other browsers, then reload.', {
    'retry-after': '60',
  })
export const internalError = () => new HttpError(500, 'Something went wrong', 'Please try again in a moment.')
