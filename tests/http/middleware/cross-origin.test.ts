import { expect, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { logLines } from '../../support/no-stray-errors'
import { ann, annLoggedIn } from '../../support/people'
import { openSite } from '../../support/site'

type Headers = Record<string, string>

/** Posts a logout with ann's cookie and only these headers. */
async function postWith(headers: Headers, env: Headers = {}) {
  const { app, annsBrowser, deps } = await annLoggedIn(env)
  const cookie = [...annsBrowser.jar].map((pair) => pair.join('=')).join('; ')
  const { status, headers: sent } = await app.handle(
    new Request(`${deps.config.appUrl}/logout`, { method: 'POST', headers: { cookie, ...headers } }),
  )
  return {
    status,
    cookies: sent.getSetCookie().length > 0,
    isLoggedIn: (await annsBrowser.get('/profile')).status === 200,
  }
}

test.each<[Headers]>([
  [{ 'sec-fetch-site': 'same-origin' }],
  [{ 'sec-fetch-site': 'same-origin', origin: 'null' }],
  [{ 'sec-fetch-site': 'none' }],
  [{ origin: 'http://localhost' }],
  [{ 'sec-fetch-site': 'foo', origin: 'http://localhost' }],
  [{}],
  [{ referer: 'https://evil.test/' }],
])('a post with %j is accepted as same-origin', async (headers) => {
  expect(await postWith(headers)).toEqual({ status: 303, cookies: true, isLoggedIn: false })
})

test.each<[Headers]>([
  [{ 'sec-fetch-site': 'cross-site' }],
  [{ 'sec-fetch-site': 'same-site' }],
  [{ 'sec-fetch-site': 'same-site', origin: 'http://localhost' }],
  [{ 'sec-fetch-site': 'cross-site', origin: 'http://localhost' }],
  [{ 'sec-fetch-site': 'cross-site', 'hx-request': 'true' }],
  [{ 'sec-fetch-site': 'foo' }],
  [{ 'sec-fetch-site': '' }],
  [{ 'sec-fetch-site': 'SAME-ORIGIN', origin: 'https://evil.test' }],
  [{ 'sec-fetch-site': 'same-origin, cross-site', origin: 'https://evil.test' }],
  [{ origin: 'http://evil.test' }],
  [{ origin: 'http://localhost.evil.test' }],
  [{ origin: 'http://localhost:444' }],
  [{ origin: 'https://localhost' }],
  [{ origin: 'null' }],
  [{ origin: '' }],
])('a post with %j is rejected and changes nothing', async (headers) => {
  expect(await postWith(headers)).toEqual({ status: 403, cookies: false, isLoggedIn: true })
})

test('development accepts every loopback name on the port, and production accepts only APP_URL', async () => {
  const origins = {
    'http://127.0.0.1:3000': 303,
    'http://[::1]:3000': 303,
    'http://app.localhost:3000': 303,
    'http://127.0.0.1:3001': 403,
    'http://127.evil.test:3000': 403,
  }
  for (const [origin, status] of Object.entries(origins))
    expect([origin, (await postWith({ origin }, { APP_URL: 'http://localhost:3000' })).status]).toEqual([
      origin,
      status,
    ])
  const production = { APP_URL: 'http://localhost:3000', NODE_ENV: 'production' }
  expect((await postWith({ origin: 'http://127.0.0.1:3000' }, production)).status).toBe(403)
  expect((await postWith({ origin: 'http://localhost:3000' }, production)).status).toBe(303)
  expect((await postWith({ origin: 'http://localhost:3000' }, { APP_URL: 'https://app.test' })).status).toBe(403)
})

test('a cross-site login is rejected, so that an attacker cannot log a victim into another account', async () => {
  const { browser } = await annLoggedIn()
  expect(
    await browser().post('/login', ann, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }),
  ).toMatchObject({ status: 403, set: [] })
})

test('a cross-site link can open a page', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect(
    (await annsBrowser.get('/profile', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' })).status,
  ).toBe(200)
})

test.each([
  ['localhost:3000', 200],
  ['LOCALHOST:3000', 200],
  ['127.0.0.1:3000', 200],
  ['[::1]:3000', 200],
  ['localhost', 421],
  ['localhost:3001', 421],
  ['evil.test', 421],
  ['evil.test:3000', 421],
  ['localhost:3000@evil.test', 421],
  ['localhost:3000/x?', 421],
  ['localhost:3000, evil.test', 421],
  ['localhost:99999', 421],
  ['', 421],
  ['localhost.evil.test:3000', 421],
])('in development a Host of %j gets %i', async (host, status) => {
  const { browser } = await annLoggedIn({ APP_URL: 'http://localhost:3000' })
  const answer = await browser().get('/', { host })
  expect(answer.status).toBe(status)
  expect(answer.html).not.toContain('evil.test')
})

test.each([
  ['app.test', 200],
  ['APP.test', 200],
  ['app.test:443', 200],
  ['app.test:444', 421],
  ['localhost', 421],
  ['sub.app.test', 421],
])('behind https a Host of %j gets %i', async (host, status) => {
  const { browser } = await annLoggedIn({ APP_URL: 'https://app.test', NODE_ENV: 'production' })
  expect((await browser().get('/', { host })).status).toBe(status)
})

const hostWarnings = () => logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('host '))

test('a host that differs from APP_URL is logged as a warning, once per minute', async () => {
  const { app, advance } = await openSite({ NODE_ENV: 'production', APP_URL: 'https://app.example' })
  const ask = async (host: string, path = '/') =>
    (await app.handle(new Request(`http://app.example${path}`, { headers: { host } }))).status
  expect(await ask('app.example')).toBe(200)
  expect(await ask('127.0.0.1:3000', '/healthz')).toBe(200)
  expect(hostWarnings()).toEqual([])
  expect(await ask('127.0.0.1:3000')).toBe(421)
  const message =
    'host "127.0.0.1:3000" does not match APP_URL https://app.example: pass the Host header on in the proxy'
  expect(hostWarnings()).toMatchObject([{ level: 40, msg: message }])
  advance(seconds(60) - 1)
  expect(await ask('127.0.0.1:3000')).toBe(421)
  expect(hostWarnings()).toHaveLength(1)
  advance(1)
  expect(await ask('127.0.0.1:3000')).toBe(421)
  expect(hostWarnings()).toHaveLength(2)
})

test('a hostile host is logged without its special characters and cut off', async () => {
  const { app } = await openSite()
  const host = `evil.test" <b>\u00e9${'x'.repeat(1000)}`
  expect((await app.handle(new Request('http://localhost/', { headers: { host } }))).status).toBe(421)
  expect(hostWarnings()[0].msg).toStartWith('host "evil.test???b??xxx')
  expect(hostWarnings()[0].msg.length).toBeLessThan(400)
})
