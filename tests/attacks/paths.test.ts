import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { assetUrls } from '@/http/assets/manifest'
import { adminTest } from '../support/features'
import { ann } from '../support/people'
import { stopStarted } from '../support/process'
import { openWire, statuses, type Wire } from '../support/wire'
import { annAsAdmin } from '../support/roles'

// Paths that a guard, a router and a proxy could read differently.
setDefaultTimeout(60_000)

let wire: Wire
let anns: string
beforeAll(async () => {
  wire = await openWire()
  anns = `Cookie: ${await wire.cookieOf(ann)}`
})
afterAll(stopStarted)

const ODD = [
  '/%61dmin/users',
  '/admin%2Fusers',
  '/admin%2fusers',
  '/%2fadmin/users',
  '/%252e/admin/users',
  '/admin',
  '/admin/',
  '/admin//users',
  '//admin/users',
  '/admin/users//',
  '/Admin/users',
  '/ADMIN/USERS',
  '/admin;x/users',
  '/admin/users;x',
  '/admin/users;',
  '/admin/users.json',
  '/admin/users%20',
  '/admin/users%00',
  '/admin%00/users',
  '/admin/users%2f',
  '/admin/users#',
  '/admin/users%3f',
  '/settings/..;/admin/users',
  '/healthz/..%2fadmin/users',
  '/healthz/%2e%2e%2fadmin/users',
  '/healthz/..%5cadmin/users',
  '/assets/..%2fadmin/users',
  '/assets/%2e%2e%2fadmin%2fusers',
  '/api%2fme',
  '/api//me',
  '//api/me',
  '/API/me',
  '/%61pi/me',
  '/api/me%00',
  '/api/me;x',
  '/%73ession',
  '/session%2fstream',
  '/session//',
  '/profile%2fa.css',
  '/profile;a.css',
  '/profile/a.css',
  '/profile/..%2fassets/app.css',
  '/profile.',
  '/\u00e9',
  '/%E2%80%AE',
  '/%ff%fe',
  '/%',
  '/%zz',
  '/%u0061dmin/users',
  '/..%c0%af../admin/users',
  '/\u007f',
]

test.each(ODD)('the path %s is not found, also for an admin', async (path) => {
  const { anns: annsBrowser, deps } = await annAsAdmin()
  expect((await annsBrowser.get(path)).status).toBe(404)
  expect([404, 405]).toContain((await annsBrowser.post(path)).status)
  const answer = await wire.ask(path, [anns])
  expect([statuses(answer), answer.includes(ann.email)]).toEqual([[404], false])
  expect(answer).not.toContain('public, max-age')
  expect((await deps.db.selectFrom('saved_requests').selectAll().execute()).length).toBe(0)
})

adminTest.each([
  '/./admin/users',
  '/%2e/admin/users',
  '/x/../admin/users',
  '/x/%2e%2e/admin/users',
  '/healthz/..\\admin\\users',
  '/admin\\users',
  '/admin/users/',
  '/admin/users/.',
  '/admin/users?',
  '/admin/users?x=/profile',
  '/admin/users?#/profile',
  'http://evil.test/admin/users',
  'HTTPS://x@evil.test:444/admin/users?x',
])('%s resolves to the users page and passes its guard', async (target) => {
  const answer = await wire.ask(target, [anns])
  expect([statuses(answer), answer.includes('evil.test')]).toEqual([[403], false])
  const visitors = await wire.ask(target)
  expect([statuses(visitors), visitors.includes('evil.test')]).toEqual([[303], false])
  expect(visitors).toMatch(/\r\nlocation: \/login\?next=%2Fadmin%2Fusers/i)
})

test('a cross-site request that is rejected before the guard reads no session', async () => {
  for (const path of ['/session', '/session/', '/x/../session', '/%2e/session/stream'])
    expect([path, statuses(await wire.ask(path, [anns, 'Sec-Fetch-Site: cross-site']))]).toEqual([path, [403]])
})

test.each(['*', 'healthz', '?x', '\\healthz', 'http:/healthz', 'http:healthz', 'localhost:3000', ''])(
  'a request target of %j is rejected',
  async (target) => expect(statuses(await wire.ask(target))).toEqual([400]),
)

const OVERRIDES = [
  'X-HTTP-Method-Override: DELETE',
  'X-HTTP-Method: DELETE',
  'X-Method-Override: PUT',
  'X-Original-URL: /admin/users',
  'X-Rewrite-URL: /admin/users',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Server: evil.test',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Port: 444',
  'X-Forwarded-Prefix: //evil.test',
  'X-Forwarded-Path: /admin/users',
  'X-Forwarded-User: eve',
  'X-Forwarded-For: 127.0.0.1',
  'X-Real-IP: 127.0.0.1',
  'Remote-User: eve',
  'X-User-Id: 1',
  'X-Session-Id: 1',
  'X-Middleware-Subrequest: 1',
  'Forwarded: host=evil.test;proto=https',
  'X-Host: evil.test',
  'Referer: https://evil.test/',
  'HX-Current-URL: https://evil.test/',
  'HX-Target: "><script>evil.test',
  'Connection: cookie',
  'TE: trailers',
  'Max-Forwards: 0',
  'Range: bytes=0-10',
  'If-Range: "x"',
  'If-None-Match: *',
  'If-None-Match: "x"',
  'If-Match: "x"',
  'If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT',
  'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT',
  'Cache-Control: only-if-cached',
]

const comparable = (answer: string) =>
  answer.replace(/\r\nDate: [^\r]*/, '').replaceAll(/data-(now|idle|absolute)="\d+"/g, '')

test.each(OVERRIDES)('%s changes neither the user, the path, the redirect nor the cache headers', async (line) => {
  for (const [path, cookie] of [
    ['/profile', [anns]],
    ['/profile', []],
    ['/admin/users', [anns]],
    ['/api/me', [anns]],
    [assetUrls.css, []],
  ] as const) {
    const [plain, answer] = [await wire.ask(path, [...cookie]), await wire.ask(path, [...cookie, line])]
    expect(comparable(answer)).toBe(comparable(plain))
    expect(answer).not.toContain('evil.test')
    if (path !== assetUrls.css) expect(answer.toLowerCase()).toContain('\r\ncache-control: no-store\r\n')
  }
})
