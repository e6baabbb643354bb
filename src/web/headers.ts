import type { Config } from '@/config'

/** What every response carries, whoever made it (OWASP ASVS 5.0, section 3.4). */
export const baseline = {
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

const overHttp = new Headers(baseline)
const overHttps = new Headers({ ...baseline, 'strict-transport-security': 'max-age=63072000; includeSubDomains' })

/** A fresh copy to add to: copying takes a third of the time of building. */
export const baseHeaders = ({ appUrl }: Pick<Config, 'appUrl'>) =>
  new Headers(appUrl.startsWith('https:') ? overHttps : overHttp)
