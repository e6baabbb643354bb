import { availableParallelism } from 'node:os'
import { isLoopbackHost } from '@/lib/ip-address'

/** `wanted` completes the sentence "NAME is … and should be …". */
export type Parsed<T> = { value: T } | { wanted: string }

const HAS_SCHEME = /^[a-z][a-z\d+.-]*:\/\//i
const HOST_NAME = /^[a-z\d_-]+(\.[a-z\d_-]+)*$/i

export const matching =
  (pattern: RegExp, wanted: string) =>
  (value: string): Parsed<string> =>
    pattern.test(value) ? { value } : { wanted }

/** For a value that another parser reads. */
export const unchanged = (value: string): Parsed<string> => ({ value })

/** Accepts all spellings of an origin that a browser treats alike: capitals, the default port, a slash, an IDN. */
export function parseOrigin(text: string, production: boolean): Parsed<string> {
  const example = production ? 'the public origin, like https://app.example' : 'an origin, like http://localhost:3000'
  if (!HAS_SCHEME.test(text)) return { wanted: `${example} (with https:// or http:// in front)` }
  const url = URL.parse(text)
  if (!url) return { wanted: `${example} (with a valid host name and port)` }
  const error = errorInOrigin(url, production)
  return error ? { wanted: `${example} (${error})` } : { value: url.origin }
}

function errorInOrigin({ protocol, hostname, username, password, pathname, search, hash }: URL, production: boolean) {
  if (protocol !== 'https:' && protocol !== 'http:') return 'with https:// or http:// in front'
  if (username || password) return 'without a user name and a password'
  if (pathname !== '/') return 'without a path'
  if (search || hash) return 'without a query and a fragment'
  if (!hostname.startsWith('[') && !HOST_NAME.test(hostname))
    return 'one host name without * and without a dot at its end'
  if (protocol === 'http:' && production && !isLoopbackHost(hostname))
    return 'https, because a network could read passwords over http'
}

/** A number of processes. */
export function parseWorkers(text: string): Parsed<number> {
  if (text === 'auto') return { value: availableParallelism() }
  const value = Number(text)
  const isNumber = /^\d{1,3}$/.test(text) && value >= 1 && value <= 256
  return isNumber ? { value } : { wanted: 'a whole number from 1 to 256, or "auto" for one per core' }
}

/** An IPv6 address may have brackets. The value has none. */
export function parseHost(text: string): Parsed<string> {
  const wanted = 'a host name or an IP address of this machine'
  if (HAS_SCHEME.test(text)) return { wanted: `${wanted} (without a scheme; APP_URL is the public origin)` }
  const bare = text.replace(/^\[(.*)\]$/s, '$1')
  const isIpv6 = bare.split(':').length > 2
  if (bare.includes(':') && !isIpv6) return { wanted: `${wanted} (set the port with PORT)` }
  const url = /^[\w.:-]+$/.test(bare) ? URL.parse(`http://${isIpv6 ? `[${bare}]` : bare}/`) : null
  return url ? { value: url.hostname.replace(/^\[(.*)\]$/, '$1') } : { wanted }
}

/** `appHost`, or a domain that contains it. Browsers refuse other domains for passkeys, and top-level names. */
export function parseDomain(text: string, appHost: string): Parsed<string> {
  const domain = text.toLowerCase()
  const isParent = appHost === domain || appHost.endsWith(`.${domain}`)
  const isName = HOST_NAME.test(domain) && !/^[\d.]+$/.test(domain) && (domain.includes('.') || domain === 'localhost')
  if (isParent && isName) return { value: domain }
  return { wanted: `the host of APP_URL or a parent domain of it, with a dot (APP_URL has ${appHost})` }
}
