import type { EndReason, User } from '@/model/types'
import type { Flash } from './flash-messages'
import type { ErrorContent } from './types'

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
  new Refusal(401, 'Log in first', 'This address answers only those who are logged in.', {
    'www-authenticate': 'Session',
  })
export const passwordFirst = () =>
  new Refusal(401, 'Type your password again', 'This address wants a password that was typed just now.', {
    'www-authenticate': 'Session',
  })
/** For a page's script: who it was is known, and asked for the password. */
export const sessionEnded = (reason: EndReason) =>
  new Refusal(401, 'Your session has ended', 'Type your password again to go on.', {
    'www-authenticate': `Session error="ended", reason="${reason}"`,
  })
export const tokenFirst = () =>
  new Refusal(401, 'Log in first', 'Send a session cookie or an API token.', { 'www-authenticate': 'Bearer' })
/** The same for a token that is wrong, expired, revoked or of somebody deactivated: which it was is not said. */
export const badToken = (prefix: string) =>
  new Refusal(
    401,
    'That token opens nothing',
    `It is wrong, expired or revoked. Send it as \`Authorization: Bearer ${prefix}…\`, just like that, or create another one.`,
    { 'www-authenticate': 'Bearer' },
  )
export const notAllowed = () =>
  new Refusal(403, 'You may not do that', 'Your account is not allowed in here. Ask an administrator if it should be.')
export const notInScope = (scope: string) =>
  new Refusal(403, 'The token may not do that', `This needs a token with the scope ${scope}.`, {
    'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"`, // RFC 6750, section 3.1
  })
export const badForm = () =>
  new Refusal(422, 'That form did not arrive whole', 'Go back, reload the page and send it again.')
export const badFields = (mistakes: Record<string, string>) =>
  new Refusal(422, 'That cannot be taken', Object.values(mistakes).join(' '), {}, mistakes)
export const unreadable = () =>
  new Refusal(
    400,
    'That could not be read',
    'Something between your browser and us changed what you sent. Go back and try again.',
  )
export const notJson = () =>
  new Refusal(400, 'That could not be read', 'Send JSON in UTF-8, like {"name": "Ann"}, and nothing after it.')
export const tooDeep = (depth: number) =>
  new Refusal(422, 'That cannot be taken', `Send JSON that is nested at most ${depth} deep.`)
/** For a program, where the body is no object at all. */
export const notAnObject = () => new Refusal(422, 'That cannot be taken', 'Send a JSON object, like {"name": "Ann"}.')
export const badNext = () =>
  new Refusal(
    400,
    'That link is not right',
    'The page it wants to go on to is not a page of this site. Start again from the home page.',
  )
export const crossOrigin = () =>
  new Refusal(
    403,
    'That came from another site',
    'For your safety nothing was done. Try again from a page of this site.',
  )
export const notFound = () =>
  new Refusal(404, 'There is nothing here', 'The address may be mistyped, or what was here is gone.')
/** A page of one user asks in the session of another, who logged in meanwhile. */
export const otherUser = () =>
  new Refusal(409, 'Somebody else is logged in here now', 'Nothing was done. Load the page again.')
export const wrongMethod = (allow: string) =>
  new Refusal(405, 'That is not how this works', 'This address does not answer that kind of request.', { allow })
export const tooLarge = () => new Refusal(413, 'That is too much', 'Send 64 KiB or less.', { connection: 'close' })
export const wrongType = () =>
  new Refusal(415, 'That is the wrong kind of content', 'Send an ordinary form, or JSON to an address below /api.')
export const wrongHost = () =>
  new Refusal(421, 'You have reached the wrong place', 'This server does not answer for that host name.')
export const tooBusy = () =>
  new Refusal(503, 'Many people are logging in just now', 'Nothing was done. Wait a moment and send it again.', {
    'retry-after': '2',
  })
/** Somebody else holds the database, its disk is full, or its file is spoilt. What was to be written was not, in whole or in part. */
export const storeFails = () =>
  new Refusal(503, 'We cannot get at our records just now', 'Nothing was done. Wait a moment and try again.', {
    'retry-after': '5',
  })
/** Its browsers come back by themselves, and one for each is enough. */
export const tooManyStreams = () =>
  new Refusal(429, 'Too many open pages', 'Close some of the browsers in which you are logged in.', {
    'retry-after': '60',
  })
export const ourFault = () =>
  new Refusal(500, 'Something broke here', 'It is our fault, not yours. Please try again in a moment.')
