import { stateOf } from './request-state'
import type { Auth, CookieName, CookieOptions, CookieSettings, Cookies } from '@/http/types'

export const COOKIE_NAMES = ['session', 'remember', 'flash', 'saved', 'device'] as const satisfies CookieName[]

export function cookiesOf(auth: Auth, request: Request): Cookies {
  return (stateOf(request).cookies ??= createCookieJar(auth, request))
}

/** One browser behind two requests: what one of them sets the other one knows, and both tell. */
export function shareCookieJar(from: Request, to: Request) {
  stateOf(to).cookies = stateOf(from).cookies
}

function createCookieJar({ cookies: { names, attributes } }: Auth, request: Request): Cookies {
  const received = parseCookies(request.headers.get('cookie') ?? '')
  const sent = new Map<CookieName, Bun.Cookie>()
  const set = (name: CookieName, value: string, maxAge?: number) =>
    void sent.set(name, new Bun.Cookie(names[name], value, { ...attributes, maxAge }))
  return {
    get: (name: CookieName) => (sent.has(name) ? sent.get(name)?.value : received.get(names[name])) || undefined,
    set,
    // With the attributes it was set with, or a browser keeps a __Host- cookie.
    clear: (name: CookieName) => set(name, '', 0),
    isCleared: (name: CookieName) => sent.get(name)?.value === '',
    toSetCookie: () => Array.from(sent.values(), (cookie) => cookie.serialize()),
  }
}

/** How this site's cookies are named and guarded; on https a prefix makes the browser insist on it (RFC 6265bis, section 4.1.3). */
export function resolveCookies(
  secure: boolean,
  { names, sameSite = 'lax', domain, path = '/' }: CookieOptions = {},
): CookieSettings {
  const isOfThisHost = domain === undefined && path === '/'
  const prefix = secure ? (isOfThisHost ? '__Host-' : '__Secure-') : ''
  const named = (name: CookieName) => prefix + (names?.[name] ?? name)
  return {
    names: {
      session: named('session'),
      remember: named('remember'),
      flash: named('flash'),
      saved: named('saved'),
      device: named('device'),
    },
    attributes: { httpOnly: true, secure, sameSite, domain, path },
  }
}

/** The raw values, never decoded or parsed. Two of one name mean that somebody planted one: then there is none. */
function parseCookies(header: string) {
  const cookies = new Map<string, string | undefined>()
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    // A space and nothing else: browsers keep a cookie whose name is __Host-session behind a byte that trim() takes away.
    const name = pair.slice(pair.startsWith(' ') ? 1 : 0, at)
    if (at > 0) cookies.set(name, cookies.has(name) ? undefined : pair.slice(at + 1))
  }
  return cookies
}
