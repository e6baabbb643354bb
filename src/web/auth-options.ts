import type { Deps } from '@/deps'
import type { Listeners } from '@/events'
import type { User } from '@/model/users'
import type { Message } from '@/ui/layout'
import type { Flash } from './flash-messages'
import type { CookieName, Reply } from './types'

/**
 * Somebody who is not logged in. Declare more members (`declare module '@/web/auth-options'`) for what `visitor` tells.
 * It is never the current user, whatever it holds: guards ask for a session or a token, and for nothing else.
 */
export interface Visitor {
  readonly isAnonymous: true
}

/** Where people are sent for a login, as paths on this site; `null` answers with a plain 401 instead. */
export type Place = { loginPath: string | null; reloginPath: string | null }

/** A door that stayed shut, for an app that has its own way to say so. */
export type Refused = {
  request: Request
  reply: Reply
  /** Where we would have sent them; null where that is a plain 401. */
  to: string | null
}

type Reaction = (refused: Refused) => Response | undefined | Promise<Response | undefined>

/** Everything about the login manager that an app may decide for itself. All of it has a default, and nothing is on or off by a name that can be misspelt. */
export interface AuthOptions extends Partial<Place> {
  /** Other paths for everything below an address. The innermost counts. `/api` always answers 401. */
  groups?: Record<string, Partial<Place>>
  /** Other flash messages; `null` says nothing. */
  messages?: { [Key in Flash]?: Message | null }
  /** The words of a flash message in the language of who reads it. */
  translate?: (text: string, request: Request) => string
  /** What a changed client does; wins over SESSION_PROTECTION. */
  protection?: 'basic' | 'strong' | 'off'
  /** What makes two requests come from one client. At most 256 characters of it count. */
  fingerprint?: (request: Request) => string
  cookies?: {
    names?: { [Name in CookieName]?: string }
    sameSite?: 'lax' | 'strict'
    /** For the site and everything below its name. */
    domain?: string
    path?: string
  }
  /** How long a device is remembered, in milliseconds, unless a login says otherwise; wins over REMEMBER_SECONDS. */
  rememberFor?: number
  /** The current user, by the id in the session or token. Undefined ends the session, or refuses the token. */
  findUser?: (id: string, deps: Deps) => Promise<User | undefined>
  /** What handlers know of somebody who is not logged in. */
  visitor?: (request: Request) => Omit<Visitor, 'isAnonymous'>
  /** Instead of sending somebody to the login; undefined leaves it at that. */
  whenRefused?: Reaction
  /** Instead of asking for the password again; undefined leaves it at that. */
  whenStale?: Reaction
  /** Who wants to hear of what. */
  on?: Listeners
}
