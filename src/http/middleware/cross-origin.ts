import type { Config } from '@/config/env'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { isLoopbackHost } from '@/lib/ip-address'
import { bearerTokenOf } from '@/http/request/bearer-token'
import { isSafeMethod } from '@/http/request/route-table'
import { CrossOriginError, misdirectedRequest } from '@/http/response/http-errors'
import { isSessionPath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'

/**
 * Whether an origin is this site's own. In development any loopback name on the same port is as good as APP_URL, for
 * people type 127.0.0.1 as readily as localhost.
 */
function isOwnOrigin(origin: string, { appUrl, production }: Config) {
  if (origin === appUrl) return true
  const url = URL.parse(origin)
  if (url?.origin === appUrl) return true // the default port may be spelt out
  if (!url || production) return false
  const own = new URL(appUrl)
  return (
    url.protocol === own.protocol &&
    url.port === own.port &&
    isLoopbackHost(own.hostname) &&
    isLoopbackHost(url.hostname)
  )
}

const MAX_LOGGED_HOST = 255 // of a DNS name (RFC 1035)
const HOST_WARNING_INTERVAL = minutes(1)

/**
 * Checks that the `Host` header is the host of APP_URL: a response to another name would put that name into caches and
 * links. `/healthz` is exempt, because probes use an IP.
 */
export function createHostCheck({ config, log, now }: Pick<Deps, 'config' | 'log' | 'now'>) {
  const { protocol, host: ownHost } = new URL(config.appUrl)
  let nextWarningAt = 0

  function warn(host: string) {
    const at = now()
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
 * No page of ours is ever part of another one, and none of another site fetches ours: what came of it would tell that
 * page who is logged in here (https://xsleaks.dev). Following a link is not fetching. A token is no cookie that comes by itself.
 */
export function checkFetchMetadata(request: Request, config: Config) {
  const { headers } = request
  const mode = headers.get('sec-fetch-mode')
  const isForeign =
    /^(cross|same)-site$/.test(headers.get('sec-fetch-site') ?? '') && mode !== null && mode !== 'navigate'
  const isFramed = /^(iframe|frame|embed|object|fencedframe)$/.test(headers.get('sec-fetch-dest') ?? '')
  if ((isForeign || isFramed) && bearerTokenOf(request, config) === undefined) throw new CrossOriginError()
}

/** Only our own pages may change anything here. Browsers say where a request comes from, so no form needs a token. */
export function checkCsrf(request: Request, config: Config) {
  const { headers } = request
  const isRead = isSafeMethod(request) && !isSessionPath(stateOf(request).path) // which no other page has to ask for
  if (isRead || bearerTokenOf(request, config) !== undefined) return // with a token no cookie is looked at
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (site === 'same-origin' || site === 'none') return // none: the person, not a page, asked for it
  if (site === 'cross-site' || site === 'same-site') throw new CrossOriginError()
  // An older browser tells the origin alone. Whoever tells neither is no browser, and only browsers carry other people's cookies.
  if (site === null && origin === null) return
  if (origin === null || !isOwnOrigin(origin, config)) throw new CrossOriginError()
}
