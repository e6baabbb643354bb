import { branding } from './branding'
import { days, seconds } from '@/lib/duration'
import { isLoopbackHost } from '@/lib/ip-address'
import { rateLimits, rowCaps } from './rate-limits'

export type Config = ReturnType<typeof readConfig>

type Environment = Record<string, string | undefined>

const MONTH = days(30)
const MAX_COOKIE_AGE = days(400) // browsers shorten a longer Max-Age (RFC 6265bis)

/** Throws an error with one line per bad variable. Durations become milliseconds. */
export function readConfig(env: Environment = process.env) {
  const errors: string[] = []
  const read = <T>(name: string, fallback: string, wanted: string, parse: (text: string) => T | undefined) => {
    const text = env[name] ?? fallback
    const value = parse(text)
    if (value === undefined) errors.push(`${name} is "${redactUrl(text)}" and should be ${wanted}.`)
    return value as T // undefined only if `readConfig` throws below
  }
  const whole = (name: string, fallback: number, min: number, max: number) =>
    read(name, `${fallback}`, `a whole number from ${min} to ${max}`, (text) =>
      /^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined,
    )
  const duration = (name: string, fallback: number, max: number) => seconds(whole(name, fallback, 1, max / seconds(1)))
  const choice = <T extends string>(name: string, fallback: T, choices: readonly T[]) =>
    read(name, fallback, choices.map((one) => `"${one}"`).join(' or '), (text) => choices.find((one) => one === text))

  const production = choice('NODE_ENV', 'development', ['production', 'development', 'test']) === 'production'
  const port = whole('PORT', 3000, 1, 65_535)
  const config = {
    production,
    port,
    host: read('HOST', 'localhost', 'a host name or an address', (text) =>
      /^[\w.:[\]-]+$/.test(text) ? text : undefined,
    ),
    // A bad port is reported only once.
    appUrl: read('APP_URL', `http://localhost:${port ?? 3000}`, originHint(production), (text) =>
      parseOrigin(text, production),
    ),
    isAppUrlSet: env.APP_URL !== undefined,
    databaseUrl: read('DATABASE_URL', 'sqlite:db/latchkey.sqlite', 'sqlite: and a path', (text) =>
      /^sqlite:./.test(text) ? text : undefined,
    ),
    session: {
      idle: duration('SESSION_IDLE_SECONDS', 300, MONTH),
      max: duration('SESSION_MAX_SECONDS', 43_200, MAX_COOKIE_AGE),
      fresh: duration('FRESH_SECONDS', 300, MONTH),
      remember: duration('REMEMBER_SECONDS', 2_592_000, MAX_COOKIE_AGE),
      protection: choice('SESSION_PROTECTION', 'basic', ['basic', 'strong', 'off']),
    },
    passwords: {
      minLength: whole('PASSWORD_MIN_LENGTH', 12, 8, 128), // ASVS 5.0, 6.2.1, requires at least 8
      cost: { memory: 19_456, time: 2 }, // KiB and passes: the argon2id minimum of OWASP (ASVS 5.0, 11.4.2)
    },
    limits: rateLimits(),
    branding: {
      ...branding,
      name: read('APP_NAME', branding.name, '1 to 40 visible characters', (text) =>
        /^(?=\S)[^\p{C}\p{Zl}\p{Zp}]{1,40}(?<=\S)$/u.test(text) ? text : undefined,
      ),
    },
    rowCaps: rowCaps(),
    apiTokenInQuery: choice('API_TOKEN_IN_QUERY', 'off', ['off', 'on']) === 'on',
    trustProxy: whole('TRUST_PROXY', 0, 0, 16),
    hsts: choice('HSTS', 'subdomains', ['subdomains', 'host', 'off']),
    securityContact: read('SECURITY_CONTACT', '', 'mailto: and an address, https: and a page, or nothing', (text) =>
      /^(mailto:[\x21-\x7e]+@[\x21-\x7e]+|https:\/\/[\x21-\x7e]+)?$/.test(text) ? text : undefined,
    ),
    logFormat: choice('LOG_FORMAT', production ? 'json' : 'pretty', ['pretty', 'json']),
  }
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return config
}

const originHint = (production: boolean) =>
  production
    ? 'the public origin, like https://app.example (https, no path, no slash at the end)'
    : 'an origin, like http://localhost:3000 (no path, no slash at the end)'

/** In production http is allowed for loopback hosts only: a network could read passwords. */
function parseOrigin(text: string, production: boolean) {
  const url = URL.parse(text)
  if (!url || url.origin !== text || !/^https?:$/.test(url.protocol)) return undefined
  return url.protocol === 'http:' && production && !isLoopbackHost(url.hostname) ? undefined : text
}

/** Removes user name and password from a URL, for messages and logs. */
export const redactUrl = (text: string) => text.replace(/\/\/[^/]*@/, '//…@')
