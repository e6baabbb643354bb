// Cut out of the URL and not parsed from it: every request asks for this.
const FIRST_SLASH = 'https://'.length

/** The path of a request, without its query. */
export function pathOf({ url }: Request) {
  const start = url.indexOf('/', FIRST_SLASH)
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

export const isApi = (path: string) => path.startsWith('/api/')
