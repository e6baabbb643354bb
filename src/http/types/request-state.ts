import type { Context } from './context'
import type { Cookies } from './cookies'

/** The part of Bun's server that knows the connection of a request. */
export interface Server {
  requestIP(request: Request): { address: string } | null
  timeout?(request: Request, seconds: number): void
}

/** Facts about one request that several modules use. */
export interface RequestState {
  readonly path: string
  /** With its question mark. */
  readonly query: string
  readonly isApi: boolean
  /** Whether this path responds with JSON and never with a page. */
  readonly isJson: boolean
  /** Null without a server; undefined until `bindServer` runs. */
  server?: Server | null
  /** Kept here so that an error page sends the cookies that were set before the error. */
  cookies?: Cookies
  context?: Context
  /** The user of the page that sent this form. */
  formUserId?: string
  /** The validated `next` of a login page. Its links to other login pages have it too. */
  next?: string
  /** Whether another user than before has logged in. */
  isUserReplaced?: boolean
  /** Cached by `isUserActivity`, which several modules call. */
  isUserActivity?: boolean
}
