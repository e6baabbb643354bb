import { availableParallelism } from 'node:os'
import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { readConfig } from '@/config/env'
import { days, hours, minutes, seconds } from '@/lib/duration'

const perSource = [
  { max: 20, window: minutes(10) },
  { max: 100, window: days(1) },
]
const perNetwork = [
  { max: 200, window: minutes(10) },
  { max: 2000, window: days(1) },
]

test('an empty environment gives the default settings', () => {
  expect(readConfig({})).toEqual({
    production: false,
    port: 3000,
    host: 'localhost',
    appUrl: 'http://localhost:3000',
    isAppUrlSet: false,
    databaseListenUrl: expect.stringMatching(/^sqlite:db\/[\w-]+\.sqlite$/),
    databasePool: 10,
    migrate: 'on',
    workers: 1,
    databaseCreate: 'auto',
    databaseUrl: expect.stringMatching(/^sqlite:db\/[\w-]+\.sqlite$/),
    secretKeys: [],
    session: { idle: minutes(5), max: hours(12), fresh: minutes(5), remember: days(30), protection: 'basic' },
    mfa: 'optional',
    trustedBrowser: days(30),
    factorReset: days(3),
    passkeyDomain: 'localhost',
    passwords: { minLength: 12, cost: { memory: 19_456, time: 2 } },
    recoveryCodes: { cost: { memory: 19_456, time: 2 } },
    limits: {
      account: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 100 },
      device: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 10 },
      codes: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 100 },
      codesOnDevice: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 10 },
      login: { source: perSource, network: perNetwork, alarm: { max: 1000, window: minutes(10) } },
      signup: { source: perSource, network: perNetwork, alarm: { max: 1000, window: minutes(10) } },
      'new-account': { source: [{ max: 100, window: days(1) }], network: [{ max: 1000, window: days(1) }] },
      'data-export': { source: [{ max: 5, window: days(1) }], network: [] },
      'email-change': { source: [{ max: 5, window: days(1) }], network: [] },
      'code-attempt': { source: perSource, network: perNetwork },
      'mail-request': {
        source: [{ max: 20, window: hours(1) }],
        network: [{ max: 200, window: hours(1) }],
        alarm: { max: 2000, window: hours(1) },
      },
      'mail-recipient': [
        { max: 3, window: hours(1) },
        { max: 10, window: days(1) },
      ],
      'mail-unknown-recipient': [
        { max: 200, window: hours(1) },
        { max: 1000, window: days(1) },
      ],
      notification: [
        { max: 5, window: hours(1) },
        { max: 20, window: days(1) },
      ],
      'second-step': { source: perSource, network: perNetwork, alarm: { max: 1000, window: minutes(10) } },
      passkey: { source: perSource, network: perNetwork, alarm: { max: 1000, window: minutes(10) } },
      'new-factor': { source: [{ max: 10, window: hours(1) }], network: [] },
      'factor-reset': { source: [{ max: 3, window: days(30) }], network: [] },
      'factor-reset-mail': [{ max: 3, window: days(1) }],
    },
    limitsLoopback: false,
    branding,
    rowCaps: {
      perUser: {
        activeSessions: 50,
        endedSessions: 200,
        activeSeries: 50,
        endedSeries: 20,
        knownDevices: 50,
        activeApiTokens: 20,
        createdApiTokensPerDay: 100,
        endedApiTokens: 100,
        securityEventsPerGroup: 1000,
        pendingLogins: 20,
        passkeys: 20,
        authenticatorApps: 3,
      },
      savedRequests: { perBrowser: 10, perUser: 30, inTotal: 1000 },
      failedLoginsPerEmail: 1000,
      secretsPerSeries: 5000,
      inTotal: {
        failedLogins: 1_000_000,
        loginFailures: 1_000_000,
        rateLimitHits: 1_000_000,
        mails: 1_000_000,
        pendingSignups: 1_000_000,
      },
      deletedAtOnce: 1000,
    },
    apiTokenInQuery: false,
    trustProxy: 0,
    hsts: 'subdomains',
    recoveryHold: days(3),
    deletionGrace: days(14),
    isSignupOpen: expect.any(Boolean),
    supportEmail: '',
    securityContact: '',
    mail: { transport: { kind: 'mailbox' }, from: { name: branding.name, address: 'no-reply@localhost' }, replyTo: '' },
    emailVerification: 'optional',
    emailLogin: false,
    logFormat: 'pretty',
  })
})

const KEY = 'A'.repeat(43)
const OTHER_KEY = `${'B'.repeat(42)}A`

test('every variable changes its setting', () => {
  const env = {
    NODE_ENV: 'production',
    PORT: '8080',
    HOST: '0.0.0.0',
    APP_URL: 'https://app.test',
    APP_NAME: 'Acme',
    DATABASE_URL: 'sqlite::memory:',
    DATABASE_CREATE: 'on',
    SECRET_KEYS: `${KEY}, ${OTHER_KEY}`,
    MFA: 'required',
    TRUSTED_BROWSER_SECONDS: '0',
    FACTOR_RESET_SECONDS: '86400',
    PASSKEY_DOMAIN: 'app.test',
    SESSION_IDLE_SECONDS: '60',
    SESSION_MAX_SECONDS: '3600',
    FRESH_SECONDS: '30',
    REMEMBER_SECONDS: '86400',
    SESSION_PROTECTION: 'strong',
    PASSWORD_MIN_LENGTH: '15',
    API_TOKEN_IN_QUERY: 'on',
    TRUST_PROXY: '1',
    HSTS: 'host',
    MAIL_URL: 'smtp://ann:p%40ss%3Aw@mail.app.test',
    MAIL_FROM: 'Acme <no-reply@App.test>',
    MAIL_REPLY_TO: 'help@app.test',
    RECOVERY_HOLD_SECONDS: '0',
    DELETION_GRACE_SECONDS: '86400',
    SUPPORT_EMAIL: 'help+app@app.test',
    SECURITY_CONTACT: 'mailto:security@app.test',
    LOG_FORMAT: 'pretty',
  }
  expect(readConfig(env)).toMatchObject({
    production: true,
    port: 8080,
    host: '0.0.0.0',
    appUrl: 'https://app.test',
    isAppUrlSet: true,
    databaseUrl: 'sqlite::memory:',
    databaseCreate: 'on',
    secretKeys: [new Uint8Array(32), new Uint8Array(Buffer.from(OTHER_KEY, 'base64url'))],
    mfa: 'required',
    trustedBrowser: 0,
    factorReset: days(1),
    passkeyDomain: 'app.test',
    session: { idle: minutes(1), max: hours(1), fresh: 30_000, remember: days(1), protection: 'strong' },
    passwords: { minLength: 15 },
    apiTokenInQuery: true,
    trustProxy: 1,
    hsts: 'host',
    recoveryHold: 0,
    deletionGrace: days(1),
    supportEmail: 'help+app@app.test',
    securityContact: 'mailto:security@app.test',
    branding: { ...branding, name: 'Acme' },
    mail: {
      transport: {
        kind: 'smtp',
        host: 'mail.app.test',
        port: 587,
        user: 'ann',
        password: 'p@ss:w',
        tls: 'starttls',
      },
      from: { name: 'Acme', address: 'no-reply@app.test' },
      replyTo: 'help@app.test',
    },
    logFormat: 'pretty',
  })
})

test.each([
  ['development', false],
  ['test', true],
  ['production', true],
])('in NODE_ENV=%s, loopback has the limits of a source: %s', (NODE_ENV, limitsLoopback) => {
  expect(readConfig({ NODE_ENV }).limitsLoopback).toBe(limitsLoopback)
})

test('APP_URL defaults to the port, and production logs JSON', () => {
  expect(readConfig({ PORT: '4000', NODE_ENV: 'production' })).toMatchObject({
    appUrl: 'http://localhost:4000',
    logFormat: 'json',
  })
})

test('one error names every bad variable with its value and the expected values', () => {
  const bad = { PORT: 'http', APP_URL: 'example.test/', DATABASE_URL: 'app.db' }
  expect(() => readConfig(bad)).toThrow(
    /^PORT is "http" .* whole number[^]*\nAPP_URL is "example.test\/" .* origin[^]*\nDATABASE_URL is "app.db" .* sqlite:[^\n]*$/,
  )
})

/** The error of one variable without the part that all errors share. */
function wantedFor(name: string, value: string, env: Record<string, string> = {}) {
  try {
    return readConfig({ ...env, [name]: value })
  } catch (error) {
    return (error instanceof Error ? error.message : '').split(' and should be ')[1]
  }
}

test.each([
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '3e3'],
  ['PORT', ''],
  ['HOST', ''],
  ['HOST', 'a b'],
  ['APP_URL', 'ftp://app.test'],
  ['APP_URL', 'http://app.test/path'],
  ['APP_NAME', ''],
  ['APP_NAME', 'A'.repeat(41)],
  ['DATABASE_URL', 'sqlite:'],
  ['DATABASE_URL', 'postgres://app.test'],
  ['SESSION_IDLE_SECONDS', '0'],
  ['SESSION_IDLE_SECONDS', '5m'],
  ['SESSION_MAX_SECONDS', '-1'],
  ['FRESH_SECONDS', '1.5'],
  ['REMEMBER_SECONDS', '99999999'],
  ['PASSWORD_MIN_LENGTH', '7'],
  ['TRUST_PROXY', 'yes'],
  ['HSTS', 'on'],
  ['HSTS', 'includeSubDomains'],
  ['HSTS', ''],
  ['SUPPORT_EMAIL', 'mailto:help@app.test'],
  ['SUPPORT_EMAIL', 'help'],
  ['SUPPORT_EMAIL', 'help@app.test&cc=x'],
  ['SUPPORT_EMAIL', 'Help <help@app.test>'],
  ['SECURITY_CONTACT', 'security@app.test'],
  ['SECURITY_CONTACT', 'http://app.test/security'],
  ['SESSION_PROTECTION', 'STRONG'],
  ['SESSION_PROTECTION', 'none'],
  ['SESSION_PROTECTION', ''],
  ['API_TOKEN_IN_QUERY', 'true'],
  ['LOG_FORMAT', 'text'],
  ['NODE_ENV', 'prod'],
  ['MFA', 'on'],
  ['TRUSTED_BROWSER_SECONDS', '-1'],
  ['FACTOR_RESET_SECONDS', 'none'],
  ['PASSKEY_DOMAIN', 'app.test'],
])('%s=%j stops the start', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name} is "${value}" and should be .+\\.$`))
})

test.each(['short', KEY.slice(1), `${KEY},${KEY}`, `${KEY},`, `${KEY}=`])(
  'SECRET_KEYS=%j stops the start and is not printed',
  (value) => {
    expect(() => readConfig({ SECRET_KEYS: value })).toThrow(
      /^SECRET_KEYS should be keys of 32 bytes in base64url, each once, separated by commas\.$/,
    )
  },
)

test('production needs SECRET_KEYS for a database that is not a file', () => {
  const env = { NODE_ENV: 'production', APP_URL: 'https://app.test', DATABASE_URL: 'sqlite::memory:' }
  expect(() => readConfig(env)).toThrow(/^SECRET_KEYS is required, .*\.$/)
  expect(readConfig({ ...env, SECRET_KEYS: KEY }).secretKeys).toHaveLength(1)
})

test.each([
  ['app.example.com', 'app.example.com'],
  ['Example.com', 'example.com'],
  ['com', undefined],
  ['other.com', undefined],
  ['ample.com', undefined],
  ['app.example.com.', undefined],
])('with APP_URL=https://app.example.com, PASSKEY_DOMAIN=%s is %s', (value, domain) => {
  const read = () => readConfig({ APP_URL: 'https://app.example.com', PASSKEY_DOMAIN: value }).passkeyDomain
  if (domain === undefined) expect(read).toThrow('PASSKEY_DOMAIN is')
  else expect(read()).toBe(domain)
})

test('an IP address is no PASSKEY_DOMAIN, but it may be the host of APP_URL', () => {
  const APP_URL = 'http://127.0.0.1:3000'
  expect(() => readConfig({ APP_URL, PASSKEY_DOMAIN: '127.0.0.1' })).toThrow('PASSKEY_DOMAIN is')
  expect(readConfig({ APP_URL }).passkeyDomain).toBe('127.0.0.1')
})

test('production rejects an http APP_URL, except for loopback hosts', () => {
  expect(() => readConfig({ NODE_ENV: 'production', APP_URL: 'http://app.test' })).toThrow(/^APP_URL .* https/)
  expect(readConfig({ NODE_ENV: 'production', APP_URL: 'http://127.0.0.1:3000' }).appUrl).toBe('http://127.0.0.1:3000')
})

test('production requires that the certificate of a PostgreSQL server is checked, except on this machine', () => {
  const production = { NODE_ENV: 'production', APP_URL: 'https://app.test', SECRET_KEYS: 'A'.repeat(43) }
  const read = (DATABASE_URL: string) => readConfig({ ...production, DATABASE_URL }).databaseUrl
  for (const mode of ['', '?sslmode=require', '?sslmode=verify-ca'])
    expect(() => read(`postgres://ann:hunter2@db.test/x${mode}`)).toThrow(/^DATABASE_URL is [^\n]*verify-full[^\n]*$/)
  expect(read('postgres://ann:hunter2@db.test/x?sslmode=verify-full')).toContain('verify-full')
  expect(read('postgresql://ann@127.0.0.1:5499/x')).toBe('postgres://ann@127.0.0.1:5499/x')
  expect(() => read('postgres://ann@127.0.0.1,db.test/x')).toThrow('verify-full')
})

test('DATABASE_LISTEN_URL is the URL of the database unless it is set, and has the same rules', () => {
  const read = (DATABASE_URL: string, DATABASE_LISTEN_URL?: string) =>
    readConfig({ DATABASE_URL, DATABASE_LISTEN_URL }).databaseListenUrl
  const pooler = 'postgres://ann@127.0.0.1:6432/x?prepare=false'
  for (const url of [undefined, '', ' ']) expect(read(pooler, url)).toBe(pooler)
  expect(read(pooler, 'postgresql://ann@127.0.0.1:5432/x')).toBe('postgres://ann@127.0.0.1:5432/x')
  for (const url of ['sqlite:x.sqlite', 'x', 'postgres://ann:hunter2@db.test'])
    expect(() => read(pooler, url)).toThrow(/^DATABASE_LISTEN_URL is (?!.*hunter2)[^\n]+$/)
  expect(() => read('sqlite:x.sqlite', 'postgres://ann@127.0.0.1:5432/x')).toThrow('DATABASE_LISTEN_URL')
  const production = { NODE_ENV: 'production', APP_URL: 'https://app.test', SECRET_KEYS: 'A'.repeat(43) }
  const env = { ...production, DATABASE_URL: pooler, DATABASE_LISTEN_URL: 'postgres://ann@db.test/x' }
  expect(() => readConfig(env)).toThrow('verify-full')
})

test('production requires SECRET_KEYS for a database that is not a file', () => {
  const env = { NODE_ENV: 'production', APP_URL: 'https://app.test', DATABASE_URL: 'postgres://127.0.0.1/x' }
  expect(() => readConfig(env)).toThrow(/^SECRET_KEYS is required/)
  expect(() => readConfig({ ...env, SECRET_KEYS: 'A'.repeat(43) })).not.toThrow()
})

test('an error message does not contain the secret of a bad value', () => {
  for (const [name, value, shown] of [
    ['DATABASE_URL', 'postgres://ann:hunter2@db.test', 'postgres://…@db.test'],
    ['DATABASE_URL', 'postgres://db.test?user=ann&password=hunter2', 'postgres://db.test?user=ann&password=…'],
    ['APP_URL', 'https://ann:hunt/er2@app.test', 'https://…@app.test'],
    ['APP_URL', 'ann:hunter2@app.test', '…@app.test'],
  ] as const)
    expect(() => readConfig({ [name]: value })).toThrow(`${name} is "${shown}" and`)
})

test.each([
  ['APP_URL', 'https://app.test:443', { appUrl: 'https://app.test' }],
  ['APP_URL', 'http://localhost:80/', { appUrl: 'http://localhost' }],
  ['APP_URL', 'HTTPS://APP.test/', { appUrl: 'https://app.test' }],
  ['APP_URL', 'https://bücher.example', { appUrl: 'https://xn--bcher-kva.example' }],
  ['APP_URL', 'https://[::1]:3000', { appUrl: 'https://[::1]:3000' }],
  ['APP_URL', ' https://app.test\r\n', { appUrl: 'https://app.test' }],
  ['HOST', '::', { host: '::' }],
  ['HOST', '[::1]', { host: '::1' }],
  ['HOST', 'LOCALHOST', { host: 'localhost' }],
  ['PORT', ' 3000 ', { port: 3000 }],
  ['DATABASE_URL', 'SQLite:app.sqlite', { databaseUrl: 'sqlite:app.sqlite' }],
  ['DATABASE_URL', 'sqlite: app.sqlite', { databaseUrl: 'sqlite:app.sqlite' }],
  ['DATABASE_URL', 'sqlite:///srv/app.sqlite', { databaseUrl: 'sqlite:/srv/app.sqlite' }],
  ['LOG_FORMAT', 'json\r', { logFormat: 'json' }],
])('%s=%j is accepted as another spelling of the same value', (name, value, config) => {
  expect(readConfig({ [name]: value })).toMatchObject(config)
})

const ORIGIN = 'an origin, like http://localhost:3000'
const HOST = 'a host name or an IP address of this machine'
const DATABASE = 'sqlite: and a path, like sqlite:db/app.sqlite'

test.each([
  ['APP_URL', 'app.test', `${ORIGIN} (with https:// or http:// in front).`],
  ['APP_URL', 'app.test:443', `${ORIGIN} (with https:// or http:// in front).`],
  ['APP_URL', 'wss://app.test', `${ORIGIN} (with https:// or http:// in front).`],
  ['APP_URL', 'https://', `${ORIGIN} (with a valid host name and port).`],
  ['APP_URL', 'https://app.test:99999', `${ORIGIN} (with a valid host name and port).`],
  ['APP_URL', 'https://ann@app.test', `${ORIGIN} (without a user name and a password).`],
  ['APP_URL', 'https://app.test/login', `${ORIGIN} (without a path).`],
  ['APP_URL', 'https://app.test?a', `${ORIGIN} (without a query and a fragment).`],
  ['APP_URL', 'https://app.test#a', `${ORIGIN} (without a query and a fragment).`],
  ['APP_URL', 'https://*.app.test', `${ORIGIN} (one host name without * and without a dot at its end).`],
  ['APP_URL', '"https://app.test"', `${ORIGIN} (with https:// or http:// in front); remove the quotation marks.`],
  ['HOST', 'localhost:3000', `${HOST} (set the port with PORT).`],
  ['HOST', 'http://localhost', `${HOST} (without a scheme; APP_URL is the public origin).`],
  ['HOST', '256.1.1.1', `${HOST}.`],
  ['HOST', '*', `${HOST}.`],
  ['DATABASE_URL', 'app.sqlite', `${DATABASE} (with sqlite: in front).`],
  ['DATABASE_URL', 'file:app.sqlite', `${DATABASE} (with sqlite: in front).`],
  ['DATABASE_URL', 'mysql://app.test/db', `${DATABASE} (only SQLite and PostgreSQL are supported).`],
  ['DATABASE_URL', 'sqlite:app.sqlite?mode=ro', `${DATABASE} (without options: ? and # are not supported).`],
  ['DATABASE_URL', 'sqlite:file:app.sqlite', `${DATABASE} (without file:).`],
  ['DATABASE_URL', 'sqlite::memory', `${DATABASE} (a database in memory is sqlite::memory:).`],
  [
    'DATABASE_URL',
    'sqlite://app.sqlite',
    `${DATABASE} (an absolute path has one slash, like sqlite:/var/lib/app.sqlite).`,
  ],
  ['DATABASE_URL', 'sqlite:~/app.sqlite', `${DATABASE} (write the home folder out: ~ is not expanded).`],
  ['DATABASE_URL', 'sqlite:db/', `${DATABASE} (a file, not a folder).`],
  ['DATABASE_URL', 'sqlite:a\nb', `${DATABASE} (without control characters).`],
  ['PORT', '+3000', 'a whole number from 1 to 65535, in digits only.'],
  ['PORT', '1e3', 'a whole number from 1 to 65535, in digits only.'],
  ['PORT', '3000.5', 'a whole number from 1 to 65535.'],
  ['SESSION_IDLE_SECONDS', '1e9', 'a whole number of seconds from 1 to 2592000.'],
  ['SESSION_IDLE_SECONDS', 'Infinity', 'a whole number of seconds from 1 to 2592000.'],
  ['TRUST_PROXY', 'true', 'a whole number of proxies from 0 to 16.'],
])('%s=%j stops the start with an error that says what is wrong', (name, value, wanted) => {
  expect(wantedFor(name, value)).toBe(wanted)
})

test('control characters in a bad value are escaped, so that each error is one line', () => {
  const contact = 'mailto:a@app.test\nExpires: never'
  expect(() => readConfig({ SECURITY_CONTACT: contact })).toThrow(String.raw`"mailto:a@app.test\nExpires: never"`)
  expect(() => readConfig({ APP_NAME: 'Ac\u202eme' })).toThrow(String.raw`APP_NAME is "Ac\u{202e}me" and`)
})

const smtp = { MAIL_FROM: 'no-reply@app.test' }

test.each([
  ['smtp://mail.app.test', 587, 'starttls'],
  ['smtp://mail.app.test:2525', 2525, 'starttls'],
  ['smtps://mail.app.test', 465, 'implicit'],
  ['smtp://localhost:25', 25, 'none'],
  ['smtp://[::1]:25', 25, 'none'],
])('MAIL_URL=%s means port %d and TLS: %s', (MAIL_URL, port, tls) => {
  expect(readConfig({ ...smtp, MAIL_URL }).mail.transport).toMatchObject({ kind: 'smtp', port, tls })
})

test('mail is off in production, and goes to files in development', () => {
  expect(readConfig({ NODE_ENV: 'production' }).mail.transport).toEqual({ kind: 'off' })
  expect(readConfig({}).mail.transport).toEqual({ kind: 'mailbox' })
})

test.each([
  [{ MAIL_URL: 'smtp://h.test' }, 'MAIL_FROM must be set when MAIL_URL is smtp: or smtps:'],
  [{ NODE_ENV: 'production', MAIL_URL: 'mailbox:' }, 'MAIL_URL=mailbox: is for development only'],
  [{ ...smtp, MAIL_URL: 'http://h.test' }, 'MAIL_URL must start with smtp:, smtps: or mailbox:, or be off'],
  [{ ...smtp, MAIL_URL: 'h.test:25' }, 'MAIL_URL must start with smtp:, smtps: or mailbox:, or be off'],
  [{ ...smtp, MAIL_URL: '' }, 'MAIL_URL must start with smtp:, smtps: or mailbox:, or be off'],
  [{ ...smtp, MAIL_URL: 'smtp://ann:s3cret@h.test:25?x=1' }, 'MAIL_URL must not have a query string'],
  [{ ...smtp, MAIL_URL: 'smtp://ann:s3cret@h.test/path' }, 'MAIL_URL must not have a path'],
  [{ ...smtp, MAIL_URL: 'smtp://ann:s3%ret@h.test' }, 'MAIL_URL must have its user and password percent-encoded'],
  [
    { MAIL_FROM: 'nonsense' },
    'MAIL_FROM must be an address, or a name and an address, like App <no-reply@example.com>',
  ],
  [
    { MAIL_FROM: 'A <a@b.test>, <c@d.test>' },
    'MAIL_FROM must be an address, or a name and an address, like App <no-reply@example.com>',
  ],
  [{ MAIL_FROM: `${'A'.repeat(65)} <a@b.test>` }, 'MAIL_FROM must have a name of at most 64 characters'],
  [{ MAIL_REPLY_TO: 'nonsense' }, 'MAIL_REPLY_TO must be an email address, like help@example.com'],
])('%p is refused with one line, without a password', (env, error) => {
  expect(() => readConfig(env)).toThrow(new Error(error))
})

test('WORKERS is a number of processes, or auto for one per core, and a flag replaces it', () => {
  expect(readConfig({ WORKERS: '4' }).workers).toBe(4)
  expect(readConfig({ WORKERS: 'auto' }).workers).toBe(availableParallelism())
  expect(readConfig({ WORKERS: '4' }, { WORKERS: '2' }).workers).toBe(2)
  for (const WORKERS of ['0', '257', '-1', '1.5', 'all', ''])
    expect(() => readConfig({ WORKERS })).toThrow('WORKERS is ')
})

test('a database in memory has one process', () => {
  expect(readConfig({ WORKERS: '1', DATABASE_URL: 'sqlite::memory:' }).workers).toBe(1)
  expect(() => readConfig({ WORKERS: '2', DATABASE_URL: 'sqlite::memory:' })).toThrow('WORKERS above 1 needs')
})
