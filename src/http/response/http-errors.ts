import type { EndReason, User } from '@/model/types'
import type { FlashKey } from '@/ui/flash-messages'
import type { ErrorContent } from '@/http/types/reply'

type Status = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 421 | 422 | 429 | 500 | 503

/** Becomes an error page or a problem document. */
export class HttpError extends Error implements ErrorContent {
  constructor(
    readonly status: Status,
    readonly title: string,
    readonly detail: string,
    readonly headers: Record<string, string> = {},
    /** The error message of each field, for programs. */
    readonly errors?: Record<string, string>,
    readonly reloadPath?: string,
  ) {
    super(title)
  }
}

/** The response is the same for every user, because another site can measure its size and time. */
export class CrossOriginError extends Error {}

/** The browser discards the answer and asks again when the user opens the page. */
export class SpeculationRefused extends Error {}

export class LoginRequiredError extends Error {
  constructor(
    readonly reason: 'unauthenticated' | 'reauth-required' | 'second-factor-required',
    /** The login path; null for a plain 401. */
    readonly path: string | null,
    readonly returnPath?: string,
    readonly flash?: FlashKey,
    /** The user whose password is required, if known. */
    readonly user?: User,
  ) {
    super(reason)
  }
}

/** Redirects a user to the page that confirms the email address. */
export class UnverifiedEmailError extends Error {}

/** Redirects a user who must add a second factor to the page where that is possible. */
export class SetUpRequiredError extends Error {
  constructor(
    readonly user: User,
    readonly returnPath: string | undefined,
  ) {
    super('set-up required')
  }
}

/** Redirects a logged-in user away from a guest page. */
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
/** For the script of a page, which then opens the re-login dialog. */
export const sessionEnded = (reason: EndReason) =>
  new HttpError(401, 'Your session has ended', 'Enter your password again to continue.', {
    'www-authenticate': `Session error="ended", reason="${reason}"`,
  })
export const missingToken = () =>
  new HttpError(401, 'Authentication required', 'Send a session cookie or an API token.', {
    'www-authenticate': 'Bearer',
  })
/** A deactivated user gets the same response, so that it does not reveal the reason. */
export const invalidToken = (prefix: string) =>
  new HttpError(
    401,
    'Invalid API token',
    `The token is wrong, expired or revoked. Send it as \`Authorization: Bearer ${prefix}…\`, or create a new one.`,
    { 'www-authenticate': 'Bearer' },
  )
export const forbidden = () =>
  new HttpError(403, 'Access denied', 'Your account does not have permission for this page.')
export const unverifiedEmail = () =>
  new HttpError(403, 'Confirm your email address first', 'Open the page of your email address in the settings.')
export const secondFactorRequired = () =>
  new HttpError(403, 'Two-step verification required', 'Confirm your second factor on the re-login page of this site.')
export const setUpRequired = () =>
  new HttpError(403, 'Set up two-step verification first', 'Open the security page in the settings.')
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
export const repeatedField = () =>
  new HttpError(400, 'Repeated field', 'The address or the form contains a field twice. Send each field only once.')
export const malformedJson = () =>
  new HttpError(400, 'Malformed JSON', 'Send JSON in UTF-8, like {"name": "Ann"}, and nothing after it.')
export const jsonTooDeep = (depth: number) =>
  new HttpError(422, 'Invalid input', `Send JSON that is nested at most ${depth} levels deep.`)
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
/** Tells the script of a page to reload it. Other responses with 409 are shown. */
const USER_CHANGED = 'app-user-changed'

/** A page of one user sends a request in the session of another user. `name` is undefined if that session has ended. */
export const differentUser = (name: string | undefined, reloadPath: string | undefined) =>
  new HttpError(
    409,
    name === undefined ? 'Another user has logged in' : 'Another user is logged in',
    `The page belongs to a different user. Nothing was changed. ${name === undefined ? 'Log in to continue.' : `You are now logged in as ${name}.`}`,
    { [USER_CHANGED]: 'true' },
    undefined,
    reloadPath,
  )
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
/** The database is locked, full or damaged. The transaction was rolled back as a whole. */
export const databaseUnavailable = () =>
  new HttpError(503, 'Temporarily unavailable', 'Nothing was saved. Please try again in a moment.', {
    'retry-after': '5',
  })
export const internalError = () => new HttpError(500, 'Something went wrong', 'Please try again in a moment.')
