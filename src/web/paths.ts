// Cut out of the URL and not parsed from it: every request asks for this.
const HOST_ENDS_AFTER = 'https://'.length

/** The path of a request, without its query. */
export function pathOf({ url }: Request) {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', HOST_ENDS_AFTER) // without a Host (HTTP/1.0) it is only a path
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

export const isApi = (path: string) => path === '/api' || path.startsWith('/api/')
