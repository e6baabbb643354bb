import type { Auth } from '@/http/types'
import { badNext } from '@/http/response/http-errors'

const HERE = 'http://here.invalid'
const DEFAULT = '/profile'
const NEVER = ['/login', '/logout', '/relogin', '/signup', '/api']
const MAX_LENGTH = 2048

/**
 * The return path: the form field `next`, else the query parameter, else `/profile`. An attacker may have written it
 * into a link, so an unsafe path is refused before any credential is checked.
 */
export function nextOf(auth: Auth, { url }: Request, body: unknown) {
  const field = typeof body === 'object' && body !== null && 'next' in body ? [body.next].flat() : []
  const query = new URL(url).searchParams.getAll('next')
  if (field.length > 1 || query.length > 1) throw badNext()
  const [inQuery, inField] = [pathIn(auth, query[0]), pathIn(auth, field[0])]
  return inField ?? inQuery ?? DEFAULT
}

/** Undefined where there is no next, which is fine. */
function pathIn(auth: Auth, next: unknown) {
  if (next === undefined || next === '') return undefined
  const path = typeof next === 'string' ? safePath(next, auth.loginPaths) : undefined
  if (!path) throw badNext()
  return path
}

/** The path and query if this is a path on this site that may follow a login, or undefined. */
export function safePath(next: string, loginPaths: readonly string[] = []) {
  // Browsers read //host and /\host as another host, and drop tabs and line breaks before they look.
  if (!/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next) || next.length > MAX_LENGTH) return undefined
  const url = URL.parse(next, HERE)
  if (url?.origin !== HERE) return undefined
  const path = decodedOnce(url.pathname)
  // /.//host becomes //host once its dots are resolved, and a proxy may decode what we did not.
  if (path === undefined || path.startsWith('//')) return undefined
  const isNever = (never: string) => `${path.toLowerCase()}/`.startsWith(`${never.toLowerCase()}/`)
  return NEVER.some(isNever) || loginPaths.some(isNever) ? undefined : url.pathname + url.search
}

/** The path as it is once somebody on the way has decoded it and resolved its dots anew. */
function decodedOnce(path: string) {
  const once = decoded(path)
  return once === undefined || /^\/\/|[\\\p{Cc}]/u.test(once) ? undefined : URL.parse(once, HERE)?.pathname
}

function decoded(path: string) {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** The page that was asked for, if it is one to come back to. Only a GET can be asked for again. */
export function nextAfter({ loginPaths }: Auth, request: Request) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const { pathname, search } = new URL(request.url)
  return safePath(pathname + search, loginPaths)
}

/** A login path that leads on to `next`; a query of its own is kept, but for another `next`. */
export function withNext(loginPath: string, next: string | undefined) {
  const url = new URL(loginPath, HERE)
  if (next) url.searchParams.set('next', next)
  return url.pathname + url.search
}
