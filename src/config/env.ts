import { branding } from './branding'
import { days, seconds } from '@/lib/duration'
import { quote } from '@/lib/quote'
import { parseDatabaseUrl, parseListenUrl } from './database-url'
import { parseMail, type MailConfig } from './mail'
import { matching, parseDomain, parseHost, parseOrigin, parseWorkers, unchanged, type Parsed } from './parse'
import { rateLimits, rowCaps } from './rate-limits'
import { parseKeys } from './secret-keys'

export type Config = ReturnType<typeof readConfig>

type Environment = Record<string, string | undefined>

const MONTH = days(30)
const MAX_COOKIE_AGE = days(400) // browsers shorten a longer Max-Age (RFC 6265bis)

/** Throws an error with one line per bad variable. Durations become milliseconds. `flags` replace variables. */
export function readConfig(variables: Environment = process.env, flags: Environment = {}) {
  const env = { ...variables, ...flags }
  const errors: string[] = []
  const read = <T>(name: string, fallback: string, parse: (text: string) => Parsed<T>) => {
    const text = (env[name] ?? fallback).trim() // environment files of containers keep blanks and carriage returns
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    const advice = /^(["']).*\1$/s.test(text) ? '; remove the quotation marks' : ''
    const shown = quote(name.endsWith('_URL') ? redactUrl(text) : text)
    const is = name.endsWith('_KEYS') ? '' : `is ${shown} and ` // a secret is never printed
    errors.push(`${name} ${is}should be ${parsed.wanted}${advice}.`)
    return undefined as T // `readConfig` throws below
  }
  const whole = (name: string, fallback: number, min: number, max: number, unit = '') =>
    read(name, `${fallback}`, (text): Parsed<number> => {
      const value = Number(text || NaN)
      const isInRange = Number.isInteger(value) && value >= min && value <= max
      if (isInRange && /^\d+$/.test(text)) return { value }
      return { wanted: `a whole number${unit} from ${min} to ${max}${isInRange ? ', in digits only' : ''}` }
    })
  const duration = (name: string, fallback: number, max: number, min = seconds(1)) =>
    seconds(whole(name, fallback, min / seconds(1), max / seconds(1), ' of seconds'))
  const choice = <T extends string>(name: string, fallback: T, choices: readonly T[]) =>
    read(name, fallback, (text): Parsed<T> => {
      const value = choices.find((one) => one === text)
      return value === undefined ? { wanted: choices.map((one) => `"${one}"`).join(' or ') } : { value }
    })

  const environment = choice('NODE_ENV', 'development', ['production', 'development', 'test'])
  const production = environment === 'production'
  const port = whole('PORT', 3000, 1, 65_535)
  const siteName = read(
    'APP_NAME',
    branding.name,
    matching(/^(?=\S)[^\p{C}\p{Zl}\p{Zp}]{1,40}(?<=\S)$/u, '1 to 40 visible characters'),
  )
  const mail = parseMail(
    {
      url: read('MAIL_URL', production ? 'off' : 'mailbox:', unchanged),
      from: read('MAIL_FROM', '', unchanged),
      replyTo: read('MAIL_REPLY_TO', '', unchanged),
      siteName,
      production,
    },
    (error) => void errors.push(error),
  )
  const emailVerification = choice('EMAIL_VERIFICATION', defaultVerification(mail), ['required', 'optional', 'off'])
  const emailLogin = choice('EMAIL_LOGIN', 'off', ['on', 'off'])
  if (mail.transport.kind === 'off') {
    if (emailVerification !== 'off') errors.push(`EMAIL_VERIFICATION=${emailVerification} needs MAIL_URL`)
    if (emailLogin !== 'off') errors.push('EMAIL_LOGIN=on needs MAIL_URL')
  }
  // A bad port is reported only once.
  const appUrl = read('APP_URL', `http://localhost:${port ?? 3000}`, (text) => parseOrigin(text, production))
  const appHost = URL.parse(appUrl ?? '')?.hostname ?? 'localhost'
  const databaseUrl = read('DATABASE_URL', 'sqlite:db/latchkey.sqlite', (text) => parseDatabaseUrl(text, production))
  const secretKeys = read('SECRET_KEYS', '', parseKeys)
  if (production && !databaseUrl?.match(/^sqlite:(?!:memory:)/) && databaseUrl && secretKeys?.length === 0)
    errors.push('SECRET_KEYS is required, because the database is not a file beside which keys could be kept.')
  const workers = read('WORKERS', '1', parseWorkers)
  if (workers > 1 && databaseUrl === 'sqlite::memory:')
    errors.push('WORKERS above 1 needs a database that processes share. Set DATABASE_URL to a file or a server.')
  const config = {
    production,
    port,
    host: read('HOST', 'localhost', parseHost),
    appUrl,
    isAppUrlSet: env.APP_URL !== undefined,
    databaseUrl,
    /** The server of PostgreSQL itself. It differs from `databaseUrl` behind a pooler, which forgets a LISTEN. */
    databaseListenUrl: read('DATABASE_LISTEN_URL', '', (text) => parseListenUrl(text, databaseUrl, production)),
    /** Connections of one process to PostgreSQL. */
    databasePool: whole('DATABASE_POOL', 10, 1, 1000),
    migrate: choice('MIGRATE', 'on', ['on', 'off']),
    /** Processes that listen on the port together. */
    workers,
    /** Empty: the keys are in a file next to the database. */
    secretKeys,
    databaseCreate: choice('DATABASE_CREATE', 'auto', ['auto', 'on', 'off']),
    session: {
      idle: duration('SESSION_IDLE_SECONDS', 300, MONTH),
      max: duration('SESSION_MAX_SECONDS', 43_200, MAX_COOKIE_AGE),
      fresh: duration('FRESH_SECONDS', 300, MONTH),
      remember: duration('REMEMBER_SECONDS', 2_592_000, MAX_COOKIE_AGE),
      protection: choice('SESSION_PROTECTION', 'basic', ['basic', 'strong', 'off']),
    },
    mfa: choice('MFA', 'optional', ['optional', 'required-for-admins', 'required']),
    /** 0: every login asks for the second step. */
    trustedBrowser: duration('TRUSTED_BROWSER_SECONDS', 2_592_000, days(365), 0),
    /** 0: only an admin or the command line removes lost factors. */
    factorReset: duration('FACTOR_RESET_SECONDS', 259_200, MONTH, 0),
    /** The RP ID of WebAuthn. */
    passkeyDomain: read('PASSKEY_DOMAIN', appHost, (text) =>
      env.PASSKEY_DOMAIN === undefined ? { value: text } : parseDomain(text, appHost),
    ),
    passwords: {
      minLength: whole('PASSWORD_MIN_LENGTH', 12, 8, 128), // ASVS 5.0, 6.2.1, requires at least 8
      cost: { memory: 19_456, time: 2 }, // KiB and passes: the argon2id minimum of OWASP (ASVS 5.0, 11.4.2)
    },
    /** Stored hashes are found by equality, so another cost would disable every stored code. */
    recoveryCodes: { cost: { memory: 19_456, time: 2 } },
    limits: rateLimits(),
    /** In development, wrong passwords must not lock developers out of their own machine. */
    limitsLoopback: environment !== 'development',
    branding: { ...branding, name: siteName },
    rowCaps: rowCaps(),
    apiTokenInQuery: choice('API_TOKEN_IN_QUERY', 'off', ['off', 'on']) === 'on',
    trustProxy: whole('TRUST_PROXY', 0, 0, 16, ' of proxies'),
    hsts: choice('HSTS', 'subdomains', ['subdomains', 'host', 'off']),
    recoveryHold: duration('RECOVERY_HOLD_SECONDS', 259_200, MONTH, 0),
    deletionGrace: duration('DELETION_GRACE_SECONDS', 1_209_600, days(60), days(1)),
    isSignupOpen: choice('SIGNUP', 'open', ['open', 'closed']) === 'open',
    supportEmail: read(
      'SUPPORT_EMAIL',
      '',
      // Only characters that need no escapes in a mailto: URL (RFC 6068).
      matching(/^([a-z\d._+-]+@[a-z\d-]+(\.[a-z\d-]+)*)?$/i, 'an email address, like help@app.example, or nothing'),
    ),
    securityContact: read(
      'SECURITY_CONTACT',
      '',
      matching(
        /^(mailto:[\x21-\x7e]+@[\x21-\x7e]+|https:\/\/[\x21-\x7e]+)?$/,
        'mailto: and an address, https: and a page, or nothing',
      ),
    ),
    mail,
    emailVerification,
    emailLogin: emailLogin === 'on',
    logFormat: choice('LOG_FORMAT', production ? 'json' : 'pretty', ['pretty', 'json']),
  }
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return config
}

/** A developer without a mail server must not be locked out, and a site with one proves its addresses. */
const defaultVerification = ({ transport }: MailConfig) =>
  transport.kind === 'off' ? 'off' : transport.kind === 'smtp' ? 'required' : 'optional'

/** Removes the user name and the password of a URL, for messages and logs. A path of SQLite has none. */
export const redactUrl = (text: string) =>
  text.replace(/^(?!sqlite:)(.*?:\/\/)?.*@/is, '$1…@').replace(/([?&]pass(?:word|wd)?=)[^&]*/gi, '$1…')
