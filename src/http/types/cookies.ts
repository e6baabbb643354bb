export type CookieName =
  'session' | 'remember' | 'flash' | 'saved' | 'device' | 'theme' | 'one-time' | 'flow' | 'pending'

export interface CookieOptions {
  names?: { [Name in CookieName]?: string }
  sameSite?: 'lax' | 'strict'
  /** Sends the cookies to this host and all its subdomains. */
  domain?: string
  path?: string
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
