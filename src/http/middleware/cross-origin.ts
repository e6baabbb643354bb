import type { Config } from '@/config/env'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { isLoopbackHost } from '@/lib/ip-address'
import { bearerTokenOf } from '@/http/request/bearer-token'
import { isFromOtherSite } from '@/http/request/client'
import { isSafeMethod } from '@/http/request/route-table'
import { CrossOriginError, misdirectedRequest } from '@/http/response/http-errors'
import { isSessionPath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'

/**
 * In development every loopback name on the same port counts as APP_URL, because
 * developers type both 127.0.0.1 and localhost.
 */
function isOwnOrigin(origin: string, { appUrl, production }: Config) {
  if (origin === appUrl) return true
  const url = URL.parse(origin)
  if (url?.origin === appUrl) return true // the default port may be explicit
  if (!url || production) return false
  const own = new URL(appUrl)
  return (
    url.protocol === own.protocol &&
    url.port === own.port &&
    isLoopbackHost(own.hostname) &&
    isLoopbackHost(url.hostname)
  )
}

const MAX_LOGGED_HOST = 255 // maximum length of a DNS name (RFC 1035)
const HOST_WARNING_INTERVAL = minutes(1)

/**
 * Checks that the `Host` header is the host of APP_URL: a response to another name would put that name into caches and
 * links. `/healthz` is exempt, because probes use an IP.
 */
export function createHostCheck({ config, log, uptime }: Pick<Deps, 'config' | 'log' | 'uptime'>) {
  const { protocol, host: ownHost } = new URL(config.appUrl)
  let nextWarningAt = 0

  function warn(host: string) {
    const at = uptime()
    if (at < nextWarningAt) return
    nextWarningAt = at + HOST_WARNING_INTERVAL
    const shown = host.replace(/[^\w.:[\]-]/g, '?').slice(0, MAX_LOGGED_HOST)
    log.warn({}, `host "${shown}" does not match APP_URL ${config.appUrl}: pass the Host header on in the proxy`)
  }

  return function checkHost(request: Request) {
    const host = request.headers.get('host')?.toLowerCase() ?? URL.parse(request.url)?.host ?? ''
    if (host === ownHost || stateOf(request).path === '/healthz') return
    if (/^[\w.:[\]-]+$/.test(host) && isOwnOrigin(`${protocol}//${host}`, config)) return
    warn(host)
    throw misdirectedRequest()
  }
}

/**
 * Rejects embedded pages and cross-site fetches, because their outcome tells another site whether
 * a user is logged in (https://xsleaks.dev). Links work. Browsers never add a bearer token, so it is exempt.
 */
export function checkFetchMetadata(request: Request, config: Config) {
  const { headers } = request
  const mode = headers.get('sec-fetch-mode')
  const isForeign = isFromOtherSite(request) && mode !== null && mode !== 'navigate'
  const isFramed = /^(iframe|frame|embed|object|fencedframe)$/.test(headers.get('sec-fetch-dest') ?? '')
  if ((isForeign || isFramed) && bearerTokenOf(request, config) === undefined) throw new CrossOriginError()
}

/** CSRF protection by Fetch Metadata, so that forms need no token. */
export function checkCsrf(request: Request, config: Config) {
  const { headers } = request
  const isRead = isSafeMethod(request) && !isSessionPath(stateOf(request).path) // session paths are for own pages only
  if (isRead || bearerTokenOf(request, config) !== undefined) return // a request with a token uses no cookies
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (site === 'same-origin' || site === 'none') return // `none` is a typed address or a bookmark
  if (isFromOtherSite(request)) throw new CrossOriginError()
  // Older browsers send only Origin. A client without both is not a browser, so it cannot carry a victim's cookies.
  if (site === null && origin === null) return
  if (origin === null || !isOwnOrigin(origin, config)) throw new CrossOriginError()
}
