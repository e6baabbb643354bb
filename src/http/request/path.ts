// Cut out of the URL and not parsed from it: every request asks for this.
const HOST_START = 'https://'.length

/** The path of a request, without its query. `stateOf` keeps it: everything else reads it there. */
export function pathOf({ url }: Request) {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', HOST_START) // without a Host (HTTP/1.0) it is only a path
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

const MAX_LOGGED_PATH = 256 // a hostile one may be as long as a header can be
const SECRET_PATTERN = /[\w.-]{40,}/g // all that opens anything is longer than any id of ours

/** The path as it is told and logged: without the token that somebody took for an id. */
export const loggablePath = (path: string) => path.replace(SECRET_PATTERN, '…').slice(0, MAX_LOGGED_PATH)

/** The query of a request, with its question mark, or nothing. */
export const queryOf = ({ url }: Request) => (url.includes('?') ? url.slice(url.indexOf('?')) : '')

/** What our own pages ask by themselves. */
export const isSessionPath = (path: string) => /^\/session(\/stream)?\/?$/.test(path)

export const isApiPath = (path: string) => path === '/api' || path.startsWith('/api/')
