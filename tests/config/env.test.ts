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
    databaseUrl: expect.stringMatching(/^sqlite:db\/[\w-]+\.sqlite$/),
    session: { idle: minutes(5), max: hours(12), fresh: minutes(5), remember: days(30), protection: 'basic' },
    passwords: { minLength: 12, cost: { memory: 19_456, time: 2 } },
    limits: {
      account: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 100 },
      device: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 10 },
      login: { source: perSource, network: perNetwork, alarm: { max: 1000, window: minutes(10) } },
      signup: { source: perSource, network: perNetwork, alarm: { max: 1000, window: minutes(10) } },
      'new-account': { source: [{ max: 100, window: days(1) }], network: [{ max: 1000, window: days(1) }] },
    },
    branding,
    rowCaps: {
      perUser: {
        activeSessions: 50,
        endedSessions: 200,
        activeSeries: 50,
        endedSeries: 200,
        knownDevices: 50,
        activeApiTokens: 20,
        createdApiTokensPerDay: 100,
        endedApiTokens: 100,
        securityEventsPerGroup: 1000,
      },
      failedLoginsPerEmail: 1000,
      secretsPerSeries: 10_000,
      inTotal: { failedLogins: 1_000_000, loginFailures: 1_000_000, rateLimitHits: 1_000_000 },
      deletedAtOnce: 1000,
    },
    apiTokenInQuery: false,
    trustProxy: 0,
    hsts: 'subdomains',
    securityContact: '',
    logFormat: 'pretty',
  })
})

test('every variable changes its setting', () => {
  const env = {
    NODE_ENV: 'production',
    PORT: '8080',
    HOST: '0.0.0.0',
    APP_URL: 'https://app.test',
    APP_NAME: 'Acme',
    DATABASE_URL: 'sqlite::memory:',
    SESSION_IDLE_SECONDS: '60',
    SESSION_MAX_SECONDS: '3600',
    FRESH_SECONDS: '30',
    REMEMBER_SECONDS: '86400',
    SESSION_PROTECTION: 'strong',
    PASSWORD_MIN_LENGTH: '15',
    API_TOKEN_IN_QUERY: 'on',
    TRUST_PROXY: '1',
    HSTS: 'host',
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
    session: { idle: minutes(1), max: hours(1), fresh: 30_000, remember: days(1), protection: 'strong' },
    passwords: { minLength: 15 },
    apiTokenInQuery: true,
    trustProxy: 1,
    hsts: 'host',
    securityContact: 'mailto:security@app.test',
    branding: { ...branding, name: 'Acme' },
    logFormat: 'pretty',
  })
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

test.each([
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '3e3'],
  ['PORT', ' 3000'],
  ['PORT', ''],
  ['HOST', ''],
  ['HOST', 'a b'],
  ['APP_URL', 'http://localhost:3000/'],
  ['APP_URL', 'ftp://app.test'],
  ['APP_URL', 'http://app.test/path'],
  ['APP_NAME', ''],
  ['APP_NAME', ' Acme'],
  ['APP_NAME', 'A'.repeat(41)],
  ['APP_NAME', 'Ac\u202eme'],
  ['DATABASE_URL', 'sqlite:'],
  ['DATABASE_URL', 'postgres://app.test/db'],
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
  ['SECURITY_CONTACT', 'security@app.test'],
  ['SECURITY_CONTACT', 'http://app.test/security'],
  ['SECURITY_CONTACT', 'mailto:a@app.test\nExpires: never'],
  ['SESSION_PROTECTION', 'STRONG'],
  ['SESSION_PROTECTION', 'none'],
  ['SESSION_PROTECTION', ''],
  ['API_TOKEN_IN_QUERY', 'true'],
  ['LOG_FORMAT', 'text'],
  ['NODE_ENV', 'prod'],
])('%s=%j stops the start', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name} is "${value}" and should be .+\\.$`))
})

test('production rejects an http APP_URL, except for loopback hosts', () => {
  expect(() => readConfig({ NODE_ENV: 'production', APP_URL: 'http://app.test' })).toThrow(/^APP_URL .* https/)
  expect(readConfig({ NODE_ENV: 'production', APP_URL: 'http://127.0.0.1:3000' }).appUrl).toBe('http://127.0.0.1:3000')
})

test('an error message does not contain the secret of a bad value', () => {
  expect(() => readConfig({ DATABASE_URL: 'postgres://ann:hunter2@db.test/x' })).toThrow(/postgres:\/\/…@db\.test/)
})
