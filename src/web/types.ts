import type { Deps } from '@/deps'
import type { findUserByToken } from '@/model/api-tokens'
import type { Client } from '@/model/clients'
import type { Permission } from '@/model/roles'
import type { Session, Visit } from '@/model/sessions'
import type { User } from '@/model/users'
import type { View } from '@/ui/html'
import type { Auth } from './auth'
import type { Flash } from './flash-messages'
import type { Refusal } from './refusals'

export type CookieName = 'session' | 'remember' | 'flash' | 'draft' | 'device'

/** The cookies of one request, always with the same attributes. */
export interface Cookies {
  /** The value that the browser will have after this response. */
  find(name: CookieName): string | undefined
  /** `maxAge` in seconds. Without it the cookie ends when the browser closes. */
  set(name: CookieName, value: string, maxAge?: number): void
  clear(name: CookieName): void
  /** Whether this response clears the cookie. */
  isCleared(name: CookieName): boolean
  /** The values of the `Set-Cookie` headers. */
  toHeaders(): string[]
}

/** The part of Bun's server that knows the connection of a request. */
export interface Server {
  requestIP(request: Request): { address: string } | null
  timeout?(request: Request, seconds: number): void
}

/** Facts about one request that several modules use. */
export interface RequestState {
  readonly path: string
  readonly isApi: boolean
  /** Whether this path responds with JSON and never with a page. */
  readonly isJson: boolean
  /** Null without a server; undefined until `noteServer` runs. */
  server?: Server | null
  /** Kept here so that an error page sends the cookies that were set before the error. */
  cookies?: Cookies
  context?: Context
  /** Filled by `isByPerson`: several parts of the request path ask for it. */
  isByPerson?: boolean
}

export type ExtraHeaders = Record<string, string>

/** The ways to respond. */
export interface Reply {
  /** The whole document, or only the content of `<main>` if htmx asked for a part. */
  page(view: View, status?: number, extra?: ExtraHeaders): Promise<Response>
  /** Redirects, and shows the flash message on the next page. */
  go(to: string, flash?: Flash): Response
  json(value: unknown): Response
  text(value: string): Response
  nothing(): Response
  /** Server-sent events. */
  stream(body: ReadableStream<string>): Response
  /** The content of the dialog above a page. */
  dialog(body: JSX.Element, status?: number, extra?: ExtraHeaders): Promise<Response>
  /** Whether a flash message waits for the next page. */
  hasFlash(): boolean
  /** For the error handler. A handler throws instead of calling these. */
  readonly internal: {
    detour(to: string, flash?: Flash): Response
    refuse(refusal: Refusal, id?: string): Response | Promise<Response>
    /** The response of an adopter, with the cookies that it lacks. */
    withCookies(own: Response): Response
    options(allow: string): Response
  }
}

export type LoginOptions = {
  /** Whether this device may come back without a password. */
  remember?: boolean
  /** For how long, in milliseconds; by default `rememberFor`. */
  duration?: number
  /** Whether a credential was typed just now. False for one that a person did not type: a link, another site's word. */
  fresh?: boolean
  /** Let somebody in although their account is deactivated. */
  force?: boolean
}

export type ConfirmOptions = {
  inSameTransaction?: (deps: Deps) => Promise<unknown>
  /** Whether the device is remembered anew, after that. */
  remember?: boolean
}

export type LoginActions = {
  /**
   * Starts a session in this browser. False, and nothing happened, where the account is deactivated, its password was
   * changed since this user was read, or the app's own `findUser` does not know them. Throws a RangeError for a duration
   * that cannot be, before it does anything.
   */
  logIn(user: User, options?: LoginOptions): Promise<boolean>
  /**
   * The password was typed again: the session is fresh and gets a new token. False, and nothing happened, where nobody is
   * logged in, a logout came first, the password was changed meanwhile, another tab did this already, or `findUser` no
   * longer knows whose session it was.
   */
  confirmLogin(options?: ConfirmOptions): Promise<boolean>
  /** Ends the session and the remember series. Does nothing without a session, and nothing the second time. */
  logOut(): Promise<void>
}

export type ApiToken = NonNullable<Awaited<ReturnType<typeof findUserByToken>>>['token']

/** The members that a guard gives to a handler. A type, not an interface: Elysia asks for an index signature. */
export type Context = LoginActions & {
  deps: Deps
  request: Request
  client: Client
  reply: Reply
  /** The active session, or an ended one that still says whose it was and why it ended. */
  visit: Visit | undefined
  session: Session | undefined
  /** The API token, instead of a session. */
  token: ApiToken | undefined
  currentUser: User | undefined
  /** Whether a credential was typed for this session within `FRESH_SECONDS`. Never for a token. */
  isFresh: boolean
  /** Whether this browser has a remember cookie that belongs to the session. */
  isRemembered: boolean
  /** Whether the role permits this, and for a token also its scopes. */
  can(permission: Permission): boolean
  /** The path of the login page, with the return path. */
  loginUrl(next?: string): string
  reloginUrl(next?: string): string
  /** `/resume` if a saved request waits for this user, else the return path. */
  wayOn(user: User, next: string): Promise<string>
  readonly internal: ContextInternals
}

/** The part of a context that only the core and its own features use. */
export interface ContextInternals {
  readonly auth: Auth
  readonly loginPath: string | null
  readonly reloginPath: string | null
  readonly draftKeeper: { user: User; secret: string } | undefined
  keepDraft(user: User, body: unknown): Promise<void>
}
