import { SECOND_STEP_PATH } from './path'
import { stateOf } from './request-state'
import type { Auth } from '@/http/types/auth'
import type { Context } from '@/http/types/context'
import type { CookieName, CookieOptions, CookieSettings, Cookies } from '@/http/types/cookies'

/**
 * Links from a mail open from another site, a webmail. Browsers send no strict cookie with the redirect that follows, so with
 * `sameSite: 'strict'` no such link would work.
 */
const overrides: { [Name in CookieName]?: Pick<CookieOptions, 'sameSite'> } = {
  'one-time': { sameSite: 'lax' },
  flow: { sameSite: 'lax' },
}

export function cookiesOf(auth: Auth, request: Request): Cookies {
  return (stateOf(request).cookies ??= createCookieJar(auth, request))
}

/** For a handler. */
export const cookiesIn = ({ request, internal }: Pick<Context, 'request' | 'internal'>) =>
  cookiesOf(internal.auth, request)

/** For a request that replaces another: cookies set in one are visible in the other. */
export function shareCookieJar(from: Request, to: Request) {
  stateOf(to).cookies = stateOf(from).cookies
}

function createCookieJar({ cookies: { names, attributes } }: Auth, request: Request): Cookies {
  const received = parseCookies(request.headers.get('cookie') ?? '')
  const sent = new Map<CookieName, Bun.Cookie>()
  const attributesOf = (name: CookieName) => ({
    ...attributes,
    ...overrides[name],
    path: pathOf(name, attributes.path),
  })
  const set = (name: CookieName, value: string, maxAge?: number) =>
    void sent.set(name, new Bun.Cookie(names[name], value, { ...attributesOf(name), maxAge }))
  return {
    get: (name: CookieName) => (sent.has(name) ? sent.get(name)?.value : received.get(names[name])) || undefined,
    set,
    // With the same attributes, because otherwise browsers keep a __Host- cookie.
    clear: (name: CookieName) => set(name, '', 0),
    isCleared: (name: CookieName) => sent.get(name)?.value === '',
    toSetCookie: () => Array.from(sent.values(), (cookie) => cookie.serialize()),
  }
}

/** Below a narrower `cookies.path`, the page of the second step would not get this cookie. */
const pathOf = (name: CookieName, path: string) =>
  name === 'pending' && !SECOND_STEP_PATH.startsWith(path.replace(/\/?$/, '/')) ? SECOND_STEP_PATH : path

/** On https a prefix makes browsers enforce the attributes (RFC 6265bis, section 4.1.3). */
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
      theme: named('theme'),
      'one-time': named('one-time'),
      flow: named('flow'),
      pending: named('pending'),
    },
    attributes: { httpOnly: true, secure, sameSite, domain, path },
  }
}

/** Raw values, never decoded. An attacker may have planted one of two cookies with the same name, so neither counts. */
function parseCookies(header: string) {
  const cookies = new Map<string, string | undefined>()
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    // Remove spaces only: browsers accept a planted cookie whose name is another whitespace byte and `__Host-session`.
    const name = pair.slice(pair.startsWith(' ') ? 1 : 0, at)
    if (at > 0) cookies.set(name, cookies.has(name) ? undefined : pair.slice(at + 1))
  }
  return cookies
}
