import type { Deps } from '@/deps/deps'
import type { AuthEvent, EventKind } from '@/deps/events'
import type { OnUserDeleted } from '@/model/accounts/delete-account'
import type { User } from '@/model/types'
import type { MailDetails, MailTemplate } from '@/model/mails/mail-data'
import type { MailContent } from '@/ui/mail-content'
import type { FlashMessage } from '@/ui/flash-area'
import type { FlashKey } from '@/ui/flash-messages'
import type { CookieOptions } from './cookies'
import type { Reply } from './reply'

/** A visitor. Declare more members (`declare module '@/http/types/auth-options'`) for `anonymousData`. No guard reads them. */
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
