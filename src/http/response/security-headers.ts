import type { Config } from '@/config/env'

/** What every response carries, whoever made it (OWASP ASVS 5.0, section 3.4). */
export const securityHeaders = {
  // Our own files only, nothing inline, no eval; what a script hands to the page as HTML goes through htmx's policy.
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:", // Pico draws its checkmarks and warning signs with data: URLs
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
  'referrer-policy': 'same-origin', // `no-referrer` would be stricter, but then our own forms post with `Origin: null`
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)',
}

type HeaderMap = Record<string, string>

type HstsConfig = Pick<Config, 'appUrl' | 'hsts'>

const variants = {
  off: securityHeaders,
  host: { ...securityHeaders, 'strict-transport-security': 'max-age=63072000' },
  subdomains: { ...securityHeaders, 'strict-transport-security': 'max-age=63072000; includeSubDomains' },
}
const variantOf = ({ appUrl, hsts }: HstsConfig) => (appUrl.startsWith('https:') ? hsts : 'off')

/** The policy of a file instead: it is no page, may do nothing at all, and says so in fewer bytes. */
export const FILE_CSP = "default-src 'none'; frame-ancestors 'none'"

/** A fresh list to add to. */
export const newSecurityHeaders = (config: HstsConfig) => new Headers(variants[variantOf(config)])

/** A response with a policy of its own is complete already. */
export function addBaseline(config: HstsConfig, headers: Headers) {
  if (headers.has('content-security-policy')) return
  for (const [name, value] of Object.entries(variants[variantOf(config)])) headers.set(name, value)
}

const cachedHeaders = {
  off: new WeakMap<HeaderMap, Headers>(),
  host: new WeakMap<HeaderMap, Headers>(),
  subdomains: new WeakMap<HeaderMap, Headers>(),
}

/** The headers of every answer of a kind: one list, made once, for making it takes longer than reading a session. */
function headersForKind(config: HstsConfig, kind: HeaderMap) {
  const variant = variantOf(config)
  const made = cachedHeaders[variant].get(kind) ?? new Headers({ ...variants[variant], ...kind })
  cachedHeaders[variant].set(kind, made)
  return made
}

/** The headers of an answer: those of its kind, and on a copy what it carries alone. */
export function responseHeaders(config: HstsConfig, kind: HeaderMap, own: [name: string, value: string][]) {
  const shared = headersForKind(config, kind)
  if (own.length === 0) return shared
  const headers = new Headers(shared)
  for (const [name, value] of own)
    if (name === 'set-cookie') headers.append(name, value)
    else headers.set(name, value)
  return headers
}
