import type { Deps } from '@/deps'
import { minutes, seconds } from '@/lib/durations'
import { createNextPath, endNextPath, findNextPath } from '@/model/next-paths'
import type { Auth } from './auth'
import { badNext } from './refusals'
import type { Cookies } from './types'

const HERE = 'http://here.invalid'
const DEFAULT = '/profile'
const NEVER = ['/login', '/logout', '/relogin', '/signup', '/api']
const MAX_LENGTH = 2048
const KEPT_FOR = minutes(10) // long enough to find a password

/**
 * The path to go on to after a login: the form's field, else the address, else what was kept for this browser, else
 * `/profile`. It came through the address bar, so what is unsafe is refused, before anything else is looked at.
 */
export async function nextOf(auth: Auth, cookies: Cookies | undefined, { url }: Request, body: unknown) {
  const field = typeof body === 'object' && body !== null && 'next' in body ? [body.next].flat() : []
  const query = new URL(url).searchParams.getAll('next')
  if (field.length > 1 || query.length > 1) throw badNext()
  const [inQuery, inField] = [pathIn(auth, query[0]), pathIn(auth, field[0])]
  return inField ?? inQuery ?? (await keptNext(auth, cookies)) ?? DEFAULT
}

/** Undefined where there is no next, which is fine. */
function pathIn(auth: Auth, next: unknown) {
  if (next === undefined || next === '') return undefined
  const path = typeof next === 'string' ? safePath(next, auth.loginPaths) : undefined
  if (!path) throw badNext()
  return path
}

async function keptNext({ deps, loginPaths }: Auth, cookies: Cookies | undefined) {
  const token = cookies?.find('next')
  const kept = token && (await findNextPath(deps, token))
  return kept ? safePath(kept, loginPaths) : undefined
}

/** Keeps where somebody was on their way to, and hands back the address that leads there by way of the login. */
export async function keepNext(auth: Auth, cookies: Cookies | undefined, loginPath: string, next: string | undefined) {
  if (auth.keepsNextIn === 'query' || !cookies) return withNext(loginPath, next)
  await dropNext(auth.deps, cookies)
  if (next) cookies.set('next', await createNextPath(auth.deps, next, KEPT_FOR), KEPT_FOR / seconds(1))
  return loginPath
}

/** Forgets it once it was used, so that the next login does not lead there again. */
export async function dropNext(deps: Deps, cookies: Cookies) {
  const token = cookies.find('next')
  if (!token) return
  await endNextPath(deps, token)
  cookies.clear('next')
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
