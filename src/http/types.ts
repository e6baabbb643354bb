import type { Config } from '@/config/env'
import type { Deps } from '@/deps/deps'
import type { AuthEvent, EventKind } from '@/deps/events'
import type { ApiToken as StoredToken } from '@/model/api-tokens/api-tokens'
import type { OnUserDeleted } from '@/model/accounts/delete-account'
import type { Amr, AssuranceLevel, FirstFactor, SecondFactor } from '@/model/factors/assurance'
import type { Factors } from '@/model/factors/step-up'
import type { Permission } from '@/model/users/roles'
import type { Client, RateLimited, Session, User, SessionLookup } from '@/model/types'
import type { MailDetails, MailTemplate } from '@/model/mails/mail-data'
import type { View } from '@/ui/html'
import type { MailContent } from '@/ui/mail-content'
import type { FlashMessage } from '@/ui/flash-area'
import type { FlashKey } from '@/ui/flash-messages'

/** A visitor. Declare more members (`declare module '@/http/types'`) for the option `anonymousData`. No guard reads them. */
export interface Visitor {
  readonly isAnonymous: true
}

/** A visitor for a handler: the members that an app declares may be missing. */
export type VisitorContext = Partial<Visitor> & Pick<Visitor, 'isAnonymous'>

/** Redirect targets as paths on this site; `null` means a plain 401. */
export interface LoginPaths {
  loginPath: string | null
  reloginPath: string | null
}

/** A request that a guard denied. */
export interface Denied {
  request: Request
  reply: Reply
  /** The redirect that would follow; null for a plain 401. */
  to: string | null
}

/** Responds in its own way; undefined leaves it at the redirect or the 401. */
export type DeniedHandler = (denied: Denied) => Response | undefined | Promise<Response | undefined>

/** No request waits for a listener, and its errors are only logged. */
export type Listeners = { [K in EventKind]?: (event: AuthEvent<K>, deps: Deps) => unknown }

export interface CookieOptions {
  names?: { [Name in CookieName]?: string }
  sameSite?: 'lax' | 'strict'
  /** Sends the cookies to this host and all its subdomains. */
  domain?: string
  path?: string
}

/** The data for the own text of a mail. */
export interface OwnMailData {
  /** The recipient. */
  email: string
  details: MailDetails
  /** The addresses of the buttons and links, in their order. */
  links: string[]
  codes: string[]
}

export type OwnMails = { [K in MailTemplate]?: (data: OwnMailData) => Partial<MailContent> }

/** The login behavior that an app may change. Each option has a default. */
export interface AuthOptions extends Partial<LoginPaths> {
  /** Other paths below a path prefix. The longest prefix counts. `/api` always responds with 401. */
  pathGroups?: Record<string, Partial<LoginPaths>>
  /** Other flash messages; `null` shows none. */
  messages?: { [Key in FlashKey]?: FlashMessage | null }
  translate?: (text: string, request: Request) => string
  /** Other subjects and texts of mails. A text must keep all links and codes of its mail. */
  mails?: OwnMails
  /** The reaction to a changed client; overrides `SESSION_PROTECTION`. */
  protection?: 'basic' | 'strong' | 'off'
  /** Identifies a client. At most 256 characters count. */
  fingerprint?: (request: Request) => string
  cookies?: CookieOptions
  /** How long a device is remembered, in milliseconds; overrides `REMEMBER_SECONDS`. A login may override it. */
  rememberFor?: number
  /** The current user, by the id in the session or token. Undefined ends the session, or rejects the token. */
  findUser?: (id: string, deps: Deps) => Promise<User | undefined>
  /** The data in your own tables about a user, for the file of `/settings/export`. */
  exportUserData?: (user: User, deps: Deps) => unknown
  /** Deletes the user's rows in your own tables. Runs in the transaction that deletes the user; an error keeps the user. */
  onUserDeleted?: OnUserDeleted
  passkeys?: {
    /** The offer after a login with a password, if the account has no passkey. `automatic` also lets the browser add one. */
    upgrade?: 'ask' | 'automatic' | 'off'
  }
  anonymousData?: (request: Request) => Omit<Visitor, 'isAnonymous'>
  /** Replaces the redirect to the login. */
  onUnauthenticated?: DeniedHandler
  /** Replaces the redirect to the re-login. */
  onReauthRequired?: DeniedHandler
  on?: Listeners
}

export interface CookieSettings {
  readonly names: Readonly<Record<CookieName, string>>
  readonly attributes: {
    readonly httpOnly: true
    readonly secure: boolean
    readonly sameSite: 'lax' | 'strict'
    readonly domain: string | undefined
    readonly path: string
  }
}

/** Event streams of active sessions. */
export interface Streams {
  /** The stream after the event with this id. */
  open(session: Session, after: string | undefined): Promise<ReadableStream<string>>
  /** Sends an event to the streams of its user. */
  publish(event: AuthEvent): void
  /** Sends what other processes recorded to the streams of these users, and ends those whose session is over. */
  refresh(userIds: string[] | 'all'): Promise<void>
  /** Refreshes all streams and sends heartbeats. */
  heartbeat(): Promise<void>
  /** Closes all streams: the server stops. */
  close(): void
}

/** Notices that a browser sends no cookie after a login. */
export interface CookieCheck {
  /** The login redirects to this path. The browser should send this session token from now on. */
  start(request: Request, path: string, token: string): void
  /** Called for each request that may have a session. `token` is its session token. */
  observe(request: Request, token: string | undefined): void
  /** Whether the browser sent no cookie with the first request after a login, nor with this one. */
  hasFailed(request: Request): boolean
  /** The user has seen the message. */
  end(request: Request): void
}

/** The options of an app with all defaults. */
export interface Auth {
  readonly deps: Deps
  readonly streams: Streams
  readonly cookies: CookieSettings
  readonly cookieCheck: CookieCheck
  /** The redirect targets for a path. */
  loginPathsFor(path: string): LoginPaths
  /** No login redirects to these. */
  readonly allLoginPaths: string[]
  readonly messages: Readonly<Record<FlashKey, FlashMessage | null>>
  translate(text: string, request: Request): string
  readonly protection: Config['session']['protection']
  fingerprint(request: Request): string
  readonly rememberFor: number
  readonly passkeyUpgrade: 'ask' | 'automatic' | 'off'
  readonly findUser: ((user: Pick<User, 'id'>) => Promise<User | undefined>) | undefined
  /** The user's data in the app's own tables. */
  exportUserData(user: User): Promise<unknown>
  visitor(request: Request): VisitorContext
  readonly onUnauthenticated: DeniedHandler | undefined
  readonly onReauthRequired: DeniedHandler | undefined
}

/** The content of an error page and of a problem document. */
export interface ErrorContent {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly headers: Record<string, string>
  /** The error message of each field, for programs. */
  readonly errors?: Record<string, string>
  /** The page with the form that was refused. */
  readonly reloadPath?: string
}

export type CookieName =
  'session' | 'remember' | 'flash' | 'saved' | 'device' | 'theme' | 'one-time' | 'flow' | 'pending'

/** The cookies of one request, always with the same attributes. */
export interface Cookies {
  /** The value that the browser will have after this response. */
  get(name: CookieName): string | undefined
  /** `maxAge` in seconds. Without it the cookie ends when the browser closes. */
  set(name: CookieName, value: string, maxAge?: number): void
  clear(name: CookieName): void
  /** Whether this response clears the cookie. */
  isCleared(name: CookieName): boolean
  /** The values of the `Set-Cookie` headers. */
  toSetCookie(): string[]
}

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

export type ExtraHeaders = Record<string, string>

/** The ways to respond. */
export interface Reply {
  /** The whole document, or only the content of `<main>` if htmx asked for a partial. */
  page(view: View, status?: number, extra?: ExtraHeaders): Promise<Response>
  /** Redirects, and shows the flash message on the next page. */
  redirect(to: string, flash?: FlashKey): Response
  json(value: unknown): Response
  /** False for htmx, which shows a file instead of saving it. */
  canDownload(): boolean
  /** JSON that the browser saves as a file. */
  download(fileName: string, value: unknown): Response
  text(value: string, status?: number): Response
  /** A file that is no page of the site. */
  file(body: string | Uint8Array<ArrayBuffer>, contentType: string, extra?: ExtraHeaders): Response
  noContent(): Response
  /** Server-sent events. */
  stream(body: ReadableStream<string>): Response
  /** Whether htmx asks for a part of the page. Without scripts, a form that changes one element redirects. */
  canReplace(): boolean
  /** Replaces the target of the form. */
  partial(body: JSX.Element): Promise<Response>
  /** The content of the dialog above a page. */
  dialog(body: JSX.Element, status?: number, extra?: ExtraHeaders): Promise<Response>
  /** Whether a flash message waits for the next page. */
  hasFlash(): boolean
  /** For the error handler. A handler throws instead of calling these. */
  readonly internal: {
    redirectToLogin(to: string, flash?: FlashKey): Response
    /** To the page that confirms the email address. */
    redirectToEmail(): Response
    /** To the page where a user sets up two-step verification. */
    redirectToSetUp(to: string): Response
    error(content: ErrorContent, id?: string): Response | Promise<Response>
    /** The response of an adopter, with the cookies that it lacks. */
    withCookies(own: Response): Response
    options(allow: string): Response
    /** For a prefetch whose page would differ from the page that the user gets. */
    refuseSpeculation(): Response
  }
}

export type LoginOptions = {
  /** How the user proved the account. A passkey must have verified the user. */
  method: 'password' | 'passkey' | 'email-code' | 'external'
  /** For `external`: the name of the other site. */
  provider?: string
  /** For `passkey`: the row that was used. */
  passkeyId?: string
  /** The second factor of a login that waited for its address. */
  secondFactor?: SecondFactor | 'passkey'
  /** When the user proved the factors, if that was not just now. */
  provedAt?: number
  /** Whether to remember the device. */
  remember?: boolean
  /** For how long, in milliseconds; by default `rememberFor`. */
  duration?: number
  /** Whether a credential was typed just now. False for a login by a link or another site. */
  fresh?: boolean
  /** The `loginHitId` of `authenticate`: the attempt counts until the login is complete. */
  loginHitId?: string
  /** Also logs in a deactivated user. */
  force?: boolean
  /** By default the `next` of this request. */
  returnPath?: string
  /** Runs before the session starts. False rejects the login. Not for a login that needs a second step. */
  inSameTransaction?: (deps: Deps) => Promise<boolean>
}

/**
 * `to` is where the browser goes next. `rejected` changes nothing. `limit`: too many logins of the user wait. `isUsed`: another
 * request used the factor first.
 */
export type LoginResult =
  | { kind: 'logged-in'; to: string }
  | { kind: 'second-step'; to: string }
  | { kind: 'rejected'; limit?: RateLimited; isUsed?: boolean }

export type ReauthenticateOptions = {
  /** The method that the user just authenticated with. */
  method: FirstFactor | SecondFactor
  /** For `passkey` and `security-key`: the row that was used. */
  passkeyId?: string
  /** The `loginHitId` of `verifyPassword`: the attempt counts until the login is complete. */
  loginHitId?: string
  /** Uses the factor up. Nothing else happens unless it returns a value. */
  use?: (deps: Deps) => Promise<unknown>
  inSameTransaction?: (deps: Deps) => Promise<unknown>
  /** Whether to remember the device afterwards. */
  remember?: boolean
  /** By default the `next` of this request. */
  returnPath?: string
}

export type LoginActions = {
  /**
   * Starts a session in this browser, or begins the second step of a user with two-step verification. Rejected if the user
   * was deactivated, if the password changed since `user` was read, or if `findUser` of the app does not return the user.
   * Throws a RangeError for an invalid duration, before any change.
   */
  logIn(user: User, options: LoginOptions): Promise<LoginResult>
  /**
   * Makes the session fresh and rotates its token, or begins the second step if the method alone is not enough. Rejected
   * without a session, after a logout, and if another tab did this first. Also rejected if the password changed meanwhile, or
   * if `findUser` does not return the user any more.
   */
  reauthenticate(options: ReauthenticateOptions): Promise<LoginResult>
  /** Ends the session and the remember series. Harmless without a session. */
  logOut(): Promise<void>
}

export type ApiToken = Pick<StoredToken, 'id' | 'scopes'>

/** The members that a guard gives to a handler. A type, not an interface: Elysia asks for an index signature. */
export type Context = LoginActions & {
  deps: Deps
  request: Request
  client: Client
  reply: Reply
  /** The active session, or an ended one with its user and reason. */
  sessionLookup: SessionLookup | undefined
  session: Session | undefined
  /** The API token, instead of a session. */
  token: ApiToken | undefined
  currentUser: User | undefined
  /** Whether the user proved every factor that the account needs within `FRESH_SECONDS`. Never for a token. */
  isFresh: boolean
  /** How the user authenticated in this session. Empty for a visitor and a token. */
  amr: Amr
  /** 2 for two factors, 1 for one, 0 for a session that remember-me restored, a visitor and a token. */
  aal: AssuranceLevel
  /** The factors that the account can authenticate with. Reads the database when it is called, and not again. */
  factors(): Promise<Factors>
  /** Whether this browser has a remember cookie that belongs to the session. */
  isRemembered: boolean
  /** Whether the role permits this, and for a token also its scopes. */
  can(permission: Permission): boolean
  /** The path of the login page with this return path, or with the `next` of this request. */
  loginUrl(returnPath?: string): string
  reloginUrl(returnPath?: string): string
  /** Undefined while sign-up is closed. */
  signupUrl(): string | undefined
  /** The path of another page on the way to a login, with the `next` of this request. */
  withNext(path: string): string
  /** `/resume` if a saved request waits for this user, else the return path. */
  afterLoginPath(user: User, returnPath: string): Promise<string>
  readonly internal: ContextInternals
}

/** The part of a context that only the core and its own features use. */
export interface ContextInternals {
  readonly auth: Auth
  readonly loginPath: string | null
  readonly reloginPath: string | null
  readonly savedRequestKey: { user: User; secret: string } | undefined
  /** `isRepeated`: the script of the page sends the request again. */
  saveRequestForLogin(user: User, body: unknown, options?: { isRepeated: boolean }): Promise<void>
  /** Whether `MFA` requires a second factor that the user has not set up. */
  readonly isSetUpMissing: boolean
}
