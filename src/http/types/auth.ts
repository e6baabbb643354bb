import type { Config } from '@/config/env'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import type { Session, User } from '@/model/types'
import type { FlashMessage } from '@/ui/flash-area'
import type { FlashKey } from '@/ui/flash-messages'
import type { DeniedHandler, LoginPaths, VisitorContext } from './auth-options'
import type { CookieSettings } from './cookies'

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
