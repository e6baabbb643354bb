import type { Config } from '@/config/env'

/** The headers of every response (OWASP ASVS 5.0, section 3.4). */
export const securityHeaders = {
  // Own files only, no inline code, no eval; HTML from scripts passes the Trusted Types policy of htmx.
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:", // Pico uses data: URLs for checkmarks and icons
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types htmx',
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin', // with `no-referrer` our own forms would send `Origin: null`
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)',
}

type HeaderMap = Record<string, string>

type HstsConfig = Pick<Config, 'appUrl' | 'hsts'>

/** The scripts of our pages insert no response without it, because a proxy may have sent that response. */
const OWN_RESPONSE = 'app-response'

const baseline = { ...securityHeaders, [OWN_RESPONSE]: 'true' }
const variants = {
  off: baseline,
  host: { ...baseline, 'strict-transport-security': 'max-age=63072000' },
  subdomains: { ...baseline, 'strict-transport-security': 'max-age=63072000; includeSubDomains' },
}
const variantOf = ({ appUrl, hsts }: HstsConfig) => (appUrl.startsWith('https:') ? hsts : 'off')

/** A file needs no permissions, and a short policy saves bytes. */
export const FILE_CSP = "default-src 'none'; frame-ancestors 'none'"

export const newSecurityHeaders = (config: HstsConfig) => new Headers(variants[variantOf(config)])

/** Keeps the response's own headers. One header shows that the list is complete: checking each takes a microsecond. */
export function addBaseline(config: HstsConfig, headers: Headers) {
  if (headers.has(OWN_RESPONSE)) return
  for (const [name, value] of Object.entries(variants[variantOf(config)]))
    if (!headers.has(name)) headers.set(name, value)
}

const cachedHeaders = {
  off: new WeakMap<HeaderMap, Headers>(),
  host: new WeakMap<HeaderMap, Headers>(),
  subdomains: new WeakMap<HeaderMap, Headers>(),
}

/** Built once per kind, because building takes longer than reading a session. */
function headersForKind(config: HstsConfig, kind: HeaderMap) {
  const variant = variantOf(config)
  const made = cachedHeaders[variant].get(kind) ?? new Headers({ ...variants[variant], ...kind })
  cachedHeaders[variant].set(kind, made)
  return made
}

/** Adds headers of a single response to a copy of the shared list. */
export function responseHeaders(config: HstsConfig, kind: HeaderMap, own: [name: string, value: string][]) {
  const shared = headersForKind(config, kind)
  if (own.length === 0) return shared
  const headers = new Headers(shared)
  for (const [name, value] of own)
    if (name === 'set-cookie') headers.append(name, value)
    else headers.set(name, value)
  return headers
}
