import type { EndReason, User } from '@/model/types'
import type { Flash } from '@/ui/flash-messages'
import type { ErrorContent } from '@/http/types'

type Status = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 422 | 429 | 500 | 503

/** An end that no form can mend: it becomes a page with this status. */
export class Refusal extends Error implements ErrorContent {
  constructor(
    readonly status: Status,
    readonly title: string,
    readonly advice: string,
    readonly headers: Record<string, string> = {},
    /** What is wrong with which field, for programs. */
    readonly mistakes?: Record<string, string>,
  ) {
    super(title)
  }
}

/** Asked by a page of another site, which may measure what it cannot read: everybody gets the very same answer. */
export class ForeignRequest extends Error {}

/** Not now: log in first. */
export class Detour extends Error {
  constructor(
    readonly why: 'refused' | 'stale',
    /** Where to; null where that is told and nobody is sent anywhere. */
    readonly path: string | null,
    /** The page to come back to. */
    readonly next?: string,
    readonly flash?: Flash,
    /** Whose password is asked for, where that is known. */
    readonly user?: User,
  ) {
    super(why)
  }
}

/** Nothing to do here: whoever is logged in already is sent on. */
export class Onward extends Error {
  constructor(readonly path: string) {
    super(path)
  }
}

export const loginFirst = () =>
  new Refusal(401, 'Login required', 'Log in to use this page.', {
    'www-authenticate': 'Session',
  })
export const passwordFirst = () =>
  new Refusal(401, 'Password required', 'Enter your password again to use this page.', {
    'www-authenticate': 'Session',
  })
/** For a page's script: who it was is known, and asked for the password. */
export const sessionEnded = (reason: EndReason) =>
  new Refusal(401, 'Your session has ended', 'Enter your password again to continue.', {
    'www-authenticate': `Session error="ended", reason="${reason}"`,
  })
export const tokenFirst = () =>
  new Refusal(401, 'Authentication required', 'Send a session cookie or an API token.', {
    'www-authenticate': 'Bearer',
  })
/** The same for a token that is wrong, expired, revoked or of somebody deactivated: which it was is not said. */
export const badToken = (prefix: string) =>
  new Refusal(
    401,
    'Invalid API token',
    `The token is wrong, expired or revoked. Send it as \`Authorization: Bearer ${prefix}…\`, or create a new one.`,
    { 'www-authenticate': 'Bearer' },
  )
export const notAllowed = () =>
  new Refusal(403, 'Access denied', 'Your account does not have permission for this page.')
export const notInScope = (scope: string) =>
  new Refusal(403, 'Insufficient scope', `This request needs a token with the scope ${scope}.`, {
    'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"`, // RFC 6750, section 3.1
  })
export const badForm = () => new Refusal(422, 'The form was incomplete', 'Go back, reload the page and send it again.')
export const badFields = (mistakes: Record<string, string>) =>
  new Refusal(422, 'Invalid input', Object.values(mistakes).join(' '), {}, mistakes)
export const unreadable = () =>
  new Refusal(400, 'Unreadable request', 'We could not read your request. Go back and try again.')
export const notJson = () =>
  new Refusal(400, 'Malformed JSON', 'Send JSON in UTF-8, like {"name": "Ann"}, and nothing after it.')
export const tooDeep = (depth: number) =>
  new Refusal(422, 'Invalid input', `Send JSON that is nested at most ${depth} levels deep.`)
/** For a program, where the body is no object at all. */
export const notAnObject = () => new Refusal(422, 'Invalid input', 'Send a JSON object, like {"name": "Ann"}.')
export const badNext = () =>
  new Refusal(400, 'Invalid link', 'It leads to a page outside this site. Start again from the home page.')
export const crossOrigin = () =>
  new Refusal(
    403,
    'Request blocked',
    'It came from another website. Nothing was changed. Try again from a page of this site.',
  )
export const notFound = () =>
  new Refusal(404, 'Page not found', 'The address may be mistyped, or the page was removed.')
/** A page of one user asks in the session of another, who logged in meanwhile. */
export const otherUser = () => new Refusal(409, 'Another user is logged in', 'Nothing was changed. Reload the page.')
export const wrongMethod = (allow: string) =>
  new Refusal(405, 'Method not allowed', 'This address does not support this request method.', { allow })
export const tooLarge = () => new Refusal(413, 'Too large', 'Send at most 64 KiB.', { connection: 'close' })
export const wrongType = () =>
  new Refusal(415, 'Unsupported content type', 'Send a form, or JSON to an address below /api.')
export const wrongHost = () => new Refusal(421, 'Unknown host name', 'This server does not answer for this host name.')
export const tooBusy = () =>
  new Refusal(503, 'The server is busy', 'Nothing was saved. Please try again in a few seconds.', {
    'retry-after': '2',
  })
/** Somebody else holds the database, its disk is full, or its file is spoilt. What was to be written was not, in whole or in part. */
export const storeFails = () =>
  new Refusal(503, 'Temporarily unavailable', 'Nothing was saved. Please try again in a moment.', {
    'retry-after': '5',
  })
/** Its browsers come back by themselves, and one for each is enough. */
export const tooManyStreams = () =>
  new Refusal(429, 'Too many open connections', 'Close this site in other browsers, then reload.', {
    'retry-after': '60',
  })
export const ourFault = () => new Refusal(500, 'Something went wrong', 'Please try again in a moment.')
