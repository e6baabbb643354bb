import type { Auth } from '@/http/types/auth'
import { PLACEHOLDER_ORIGIN } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'
import { unsafeReturnPath } from '@/http/response/http-errors'

export const DEFAULT_RETURN_PATH = '/profile'
const DISALLOWED_RETURN_PATHS = [
  '/login',
  '/logout',
  '/relogin',
  '/signup',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/restore-account',
  '/secure-account',
  '/api',
  '/dev',
]
const MAX_RETURN_PATH_LENGTH = 2048

/**
 * `next` is the form field, else the query parameter; the return path without one is `/profile`. An attacker may have
 * written it into a link, so an unsafe path is refused before any credential is checked.
 */
export function readReturnPath(auth: Auth, request: Request, body: unknown) {
  const field = typeof body === 'object' && body !== null && 'next' in body ? [body.next].flat() : []
  const query = new URL(request.url).searchParams.getAll('next')
  if (field.length > 1 || query.length > 1) throw unsafeReturnPath()
  const [inQuery, inField] = [parseReturnPath(auth, query[0]), parseReturnPath(auth, field[0])]
  const next = inField ?? inQuery
  stateOf(request).next = next
  return { next, returnPath: next ?? DEFAULT_RETURN_PATH }
}

/** For the re-login dialog. It opens on every page, also on one that no login may lead to. */
export function readReturnPathIfSafe(auth: Auth, request: Request, body: unknown) {
  try {
    return readReturnPath(auth, request, body)
  } catch {
    return { next: undefined, returnPath: DEFAULT_RETURN_PATH }
  }
}

/** Undefined without a return path, which is valid. */
function parseReturnPath(auth: Auth, returnPath: unknown) {
  if (returnPath === undefined || returnPath === '') return undefined
  const path = typeof returnPath === 'string' ? safeReturnPath(returnPath, auth.allLoginPaths) : undefined
  if (!path) throw unsafeReturnPath()
  return path
}

/** The path and query if this is a path on this site that may follow a login, or undefined. */
export function safeReturnPath(returnPath: string, allLoginPaths: readonly string[] = []) {
  // Browsers read //host and /\host as another host, and remove tabs and line breaks first.
  if (!/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(returnPath) || returnPath.length > MAX_RETURN_PATH_LENGTH) return undefined
  const url = URL.parse(returnPath, PLACEHOLDER_ORIGIN)
  if (url?.origin !== PLACEHOLDER_ORIGIN) return undefined
  const path = decodeAndResolve(url.pathname)
  // /.//host becomes //host after its dots are resolved, and a proxy may decode the path once more.
  if (path === undefined || path.startsWith('//')) return undefined
  const isNever = (never: string) => `${path.toLowerCase()}/`.startsWith(`${never.toLowerCase()}/`)
  return DISALLOWED_RETURN_PATHS.some(isNever) || allLoginPaths.some(isNever) ? undefined : url.pathname + url.search
}

/** The path after a proxy has decoded it and resolved its dots again. */
function decodeAndResolve(path: string) {
  const once = tryDecode(path)
  return once === undefined || /^\/\/|[\\\p{Cc}]/u.test(once)
    ? undefined
    : URL.parse(once, PLACEHOLDER_ORIGIN)?.pathname
}

function tryDecode(path: string) {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** The requested page as return path. Only a GET can be repeated. */
export function returnPathOf({ allLoginPaths }: Auth, request: Request) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const { pathname, search } = new URL(request.url)
  return safeReturnPath(pathname + search, allLoginPaths)
}
