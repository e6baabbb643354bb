import type { Flash } from './flash'

type Status = 400 | 403 | 404 | 405 | 413 | 415 | 421 | 422 | 429 | 500

/** An end that no form can mend: it becomes a page with this status. */
export class Refusal extends Error {
  constructor(
    readonly status: Status,
    readonly title: string,
    readonly advice: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(title)
  }
}

/** Not now: log in there first. */
export class Detour extends Error {
  constructor(
    readonly path: string,
    readonly flash?: Flash,
  ) {
    super(path)
  }
}

/** Nothing to do here: whoever is logged in already is sent on. */
export class Onward extends Error {
  constructor(readonly path: string) {
    super(path)
  }
}

export const badForm = () =>
  new Refusal(422, 'That form did not arrive whole', 'Go back, reload the page and send it again.')
export const unreadable = () =>
  new Refusal(
    400,
    'That could not be read',
    'Something between your browser and us changed what you sent. Go back and try again.',
  )
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
  new Refusal(404, 'There is nothing here', 'The address may be mistyped, or the page may have moved.')
export const wrongMethod = (allow: string) =>
  new Refusal(405, 'That is not how this works', 'This address does not answer that kind of request.', { allow })
export const tooLarge = () => new Refusal(413, 'That is too much', 'Send 64 KiB or less.', { connection: 'close' })
export const wrongType = () =>
  new Refusal(415, 'That is the wrong kind of content', 'Send an ordinary form, or JSON to an address below /api.')
export const wrongHost = () =>
  new Refusal(421, 'You have reached the wrong place', 'This server does not answer for that host name.')
export const tooManyTries = (seconds: number) =>
  new Refusal(429, 'Too many tries', `Wait ${seconds} seconds and try again.`, { 'retry-after': `${seconds}` })
export const ourFault = () =>
  new Refusal(500, 'Something broke here', 'It is our fault, not yours. Please try again in a moment.')
