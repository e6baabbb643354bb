import { badNext } from './refusals'

const HERE = 'http://here.invalid'
const DEFAULT = '/profile'
const NEVER = /^\/(login|logout|relogin|signup|api)(\/|$)/i
const MAX_LENGTH = 2048

/**
 * The path to go on to after a login: the form's field, else the address, else `/profile`. It came through the address
 * bar, so what is unsafe is refused, before anything else is looked at.
 */
export function nextOf({ url }: Request, body: unknown) {
  const field = typeof body === 'object' && body !== null && 'next' in body ? [body.next].flat() : []
  const query = new URL(url).searchParams.getAll('next')
  if (field.length > 1 || query.length > 1) throw badNext()
  const [inQuery, inField] = [pathIn(query[0]), pathIn(field[0])]
  return inField ?? inQuery ?? DEFAULT
}

/** Undefined where there is no next, which is fine. */
function pathIn(next: unknown) {
  if (next === undefined || next === '') return undefined
  const path = typeof next === 'string' ? safePath(next) : undefined
  if (!path) throw badNext()
  return path
}

/** The path and query if this is a path on this site that may follow a login, or undefined. */
export function safePath(next: string) {
  // Browsers read //host and /\host as another host, and drop tabs and line breaks before they look.
  if (!/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next) || next.length > MAX_LENGTH) return undefined
  const url = URL.parse(next, HERE)
  if (url?.origin !== HERE) return undefined
  const path = decoded(url.pathname)
  // /.//host becomes //host once its dots are resolved, and a proxy may decode what we did not.
  if (path === undefined || /^\/[/\\]|\p{Cc}/u.test(path) || NEVER.test(path)) return undefined
  return url.pathname + url.search
}

function decoded(path: string) {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** The `next` of a page that was asked for, as a query. Only a GET can be asked for again. */
export function nextQuery({ method, url }: Request) {
  if (method !== 'GET' && method !== 'HEAD') return ''
  const { pathname, search } = new URL(url)
  return toNextQuery(safePath(pathname + search))
}

/** `?next=…` for a link, or nothing where there is nowhere in particular to go. */
export const toNextQuery = (next: string | undefined) => (next ? `?next=${encodeURIComponent(next)}` : '')
