// String operations instead of URL parsing, because every request needs the path.
const HOST_START = 'https://'.length

/** Path and query. Use `stateOf(request)`, which caches them. */
export function splitUrl({ url }: Request) {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', HOST_START) // without a Host (HTTP/1.0) the URL is only a path
  const end = url.indexOf('?', start)
  return end === -1 ? { path: url.slice(start), query: '' } : { path: url.slice(start, end), query: url.slice(end) }
}

const MAX_LOGGED_PATH = 256 // a hostile path can be as long as a header
const SECRET_PATTERN = /[\w.-]{40,}/g // every secret is longer than our ids

/** The path for logs and events, without tokens that were sent as an id. */
export const loggablePath = (path: string) => path.replace(SECRET_PATTERN, '…').slice(0, MAX_LOGGED_PATH)

export const SECOND_STEP_PATH = '/login/second-step'

/** Background requests of our pages. */
export const isSessionPath = (path: string) => /^\/session(\/stream)?\/?$/.test(path)

/** The page of this site that the user came from, as a path; undefined for any other. */
export function refererPath(request: Request) {
  const referer = request.headers.get('referer') ?? ''
  if (!URL.canParse(referer) || !URL.canParse(request.url)) return undefined
  const from = new URL(referer)
  const isOwn = /^https?:$/.test(from.protocol) && from.host === new URL(request.url).host
  // A path that starts with two slashes would be a link to another host.
  return isOwn && !from.pathname.startsWith('//') ? from.pathname + from.search : undefined
}

/** Parses a path as a URL. */
export const PLACEHOLDER_ORIGIN = 'http://here.invalid'

/** The path of a login page with `next`. Its own query stays, except another `next`. */
export function withReturnPath(path: string, returnPath: string | undefined) {
  const url = new URL(path, PLACEHOLDER_ORIGIN)
  if (returnPath) url.searchParams.set('next', returnPath)
  return url.pathname + url.search
}

export const isApiPath = (path: string) => path === '/api' || path.startsWith('/api/')
