import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { readConfig } from '@/config/env'
import { assetUrls } from '@/http/assets/manifest'
import { ann } from '../support/people'
import { stopStarted } from '../support/process'
import { openWire, statuses, type Wire } from '../support/wire'

setDefaultTimeout(60_000)

let wire: Wire
let anns: string
beforeAll(async () => {
  wire = await openWire()
  anns = `Cookie: ${await wire.cookieOf(ann)}`
})
afterAll(stopStarted)

test('no path serves a file of the project', async () => {
  const own = [...readdirSync('.'), ...readdirSync('public').map((name) => `public/${name}`), ...readdirSync('db')]
  const usual = [
    '.git/HEAD',
    '.git/config',
    '.env',
    '.env.production',
    '.npmrc',
    '.DS_Store',
    'Dockerfile',
    'backup.sql',
    'server.log',
    'id_rsa',
  ]
  const ways = [
    '/',
    '/assets/',
    '/assets/..%2f',
    '/assets/%2e%2e%2f',
    '/assets/..%5c',
    '/public/',
    '/.well-known/',
    '/.well-known/..%2f',
    '/static/',
    '//',
  ]
  for (const name of new Set([
    ...own,
    ...usual,
    'src/app.ts',
    readConfig({}).databaseUrl.replace('sqlite:', ''),
    'etc/passwd',
    'proc/self/environ',
  ])) {
    if (name === 'favicon.ico') continue
    for (const way of ways)
      expect([way + name, statuses(await wire.ask(way + name, [anns]))]).toEqual([way + name, [404]])
  }
})

test.each(['.map', '.gz', '.br', '~', '.bak', '%00', '%20', '/', '/x', '?x', ';x'])(
  'an asset URL with the suffix %s returns the asset only if the suffix is not part of the path',
  async (end) => {
    const isSame = end === '?x' || end === '/' // a query and one trailing slash are ignored
    for (const file of Object.values(assetUrls))
      expect(statuses(await wire.ask(file + end))).toEqual([isSame ? 200 : 404])
  },
)

test('an asset URL without a hash or with a built-in property name is not found', async () => {
  for (const name of [
    'app.css',
    'app.js',
    '__proto__',
    'constructor',
    'toString',
    'get',
    '%5f_proto__',
    '.',
    '%2e',
    '*',
    '%2a',
  ])
    expect([name, statuses(await wire.ask(`/assets/${name}`))]).toEqual([name, [404]])
})

test.each([
  '/swagger',
  '/swagger.json',
  '/openapi.json',
  '/docs',
  '/metrics',
  '/debug',
  '/_bun/client',
  '/_bun/',
  '/__test/clock',
  '/test',
  '/health',
  '/readyz',
  '/actuator/env',
  '/server-status',
  '/phpinfo.php',
  '/wp-login.php',
  '/graphql',
  '/console',
  '/trace.axd',
  '/api/docs/json',
  '/api/swagger',
  '/api/',
  '/api/users',
  '/.well-known/',
  '/.well-known/openid-configuration',
])('the path %s does not exist', async (path) => {
  const answer = await wire.ask(path, [anns])
  expect(statuses(answer)).toEqual([404])
  expect(answer).not.toMatch(/bun\b|elysia|node_modules|\.tsx?\b|\/tmp\/|sqlite/i)
})

test('a health check reveals only that the server works', async () => {
  for (const path of ['/healthz', '/healthz?verbose=1', '/healthz/']) {
    const answer = await wire.ask(path, [anns])
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/)
    expect(answer).not.toMatch(/\r\n(server|x-powered-by|set-cookie):/i)
  }
})

test('a private page is never taken for a cacheable file', async () => {
  for (const path of [
    '/profile?.css',
    '/profile/?x=.js',
    '/dashboard?/assets/app.css',
    '/settings?.png',
    '/api/me?x.js',
  ]) {
    const answer = await wire.ask(path, [anns])
    expect([path, statuses(answer)]).toEqual([path, [200]])
    expect(answer.toLowerCase()).toContain('\r\ncache-control: no-store\r\n')
    expect(answer).toMatch(/\r\nvary: [^\r]*Cookie/i)
    expect(answer).not.toMatch(/\r\n(etag|last-modified|expires|age):/i)
  }
})
