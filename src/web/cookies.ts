import type { Deps } from '@/deps'

export type Cookies = ReturnType<typeof openCookies>
type Name = 'session' | 'remember' | 'flash'

/** The cookies of one request, always with the same attributes; on https the prefix makes the browser insist on them. */
export function openCookies({ config }: Pick<Deps, 'config'>, request: Request) {
  const secure = config.appUrl.startsWith('https:')
  const attributes = { httpOnly: true, sameSite: 'lax', secure, path: '/' } as const
  const received = readCookies(request.headers.get('cookie') ?? '')
  const sent = new Map<Name, Bun.Cookie>()
  const named = (name: Name) => (secure ? `__Host-${name}` : name)
  const set = (name: Name, value: string, maxAge?: number) =>
    void sent.set(name, new Bun.Cookie(named(name), value, { ...attributes, maxAge }))
  return {
    /** The value as the browser will have it once this request is answered. */
    find: (name: Name) => (sent.has(name) ? sent.get(name)?.value : received.get(named(name))) || undefined,
    /** `maxAge` in seconds; without it the cookie goes when the browser closes. */
    set,
    // With the attributes it was set with, or a browser keeps a __Host- cookie.
    clear: (name: Name) => set(name, '', 0),
    toHeaders: () => [...sent.values()].map((cookie) => cookie.serialize()),
  }
}

/** The raw values, never decoded or parsed. Two of one name mean that somebody planted one: then there is none. */
function readCookies(header: string) {
  const cookies = new Map<string, string | undefined>()
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    // A space and nothing else: browsers keep a cookie whose name is __Host-session behind a byte that trim() takes away.
    const name = pair.slice(pair.startsWith(' ') ? 1 : 0, at)
    if (at > 0) cookies.set(name, cookies.has(name) ? undefined : pair.slice(at + 1))
  }
  return cookies
}
