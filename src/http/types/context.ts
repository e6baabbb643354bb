import type { Deps } from '@/deps/deps'
import type { ApiToken as StoredToken } from '@/model/api-tokens/api-tokens'
import type { Amr, AssuranceLevel } from '@/model/factors/assurance'
import type { Factors } from '@/model/factors/step-up'
import type { Permission } from '@/model/users/roles'
import type { Client, Session, User, SessionLookup } from '@/model/types'
import type { Auth } from './auth'
import type { LoginActions } from './log-in'
import type { Reply } from './reply'

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
