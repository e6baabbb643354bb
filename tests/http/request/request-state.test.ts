import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { inheritServer, bindServer } from '@/http/request/client-ip'
import { shareCookieJar } from '@/http/request/cookies'
import { stateOf } from '@/http/request/request-state'
import { ann, annAndEve, annLoggedIn } from '../../support/people'
import { takeLoggedErrors } from '../../support/no-stray-errors'

/** A request that counts how often its URL is read. */
function counted(path: string, headers: Record<string, string>) {
  const request = new Request(`http://localhost${path}`, { headers })
  const { url } = request
  let reads = 0
  Object.defineProperty(request, 'url', {
    get() {
      reads++
      return url
    },
  })
  return { request, reads: () => reads }
}

test.each([
  ['a page of a user', '/profile', 200, 0],
  ['a redirect to the login', '/profile', 303, 1],
  ['an unknown path', '/nowhere', 404, 0],
  ['an API request without a token', '/api/me', 401, 1],
  ['a visitor’s home page', '/', 200, 0],
])('the path of a request is computed once: %s', async (_, path, status, others) => {
  const { app, annsBrowser } = await annLoggedIn()
  const cookie = status === 200 && path !== '/' ? `session=${annsBrowser.jar.get('session')}` : ''
  const { request, reads } = counted(path, { cookie, host: 'localhost', 'user-agent': 'Test browser' })
  expect((await app.handle(request)).status).toBe(status)
  // The router of the framework reads the URL once, and the return path once.
  expect(reads()).toBe(1 + 1 + others)
})

test('an error page sends the cookies that were set before the error', async () => {
  const { app, guards, as } = await annAndEve()
  app.use(
    new Elysia({ prefix: '/breaks' }).use(guards.loginRequired).get('/', ({ currentUser, logIn }) =>
      logIn(currentUser, { method: 'password' }).then(() => {
        throw new Error('after the login')
      }),
    ),
  )
  const { status, set } = await (await as(ann)).get('/breaks')
  expect([status, set.some((line) => line.startsWith('session='))]).toEqual([500, true])
  expect(takeLoggedErrors()).toHaveLength(1)
})

test('a request that replaces another shares its cookie jar and its server', () => {
  const [original, again] = [new Request('http://localhost/a'), new Request('http://localhost/b')]
  bindServer(original, { requestIP: () => ({ address: '192.0.2.1' }) })
  stateOf(original).cookies = { get: () => 'x', set() {}, clear() {}, isCleared: () => false, toSetCookie: () => [] }
  shareCookieJar(original, again)
  inheritServer(again, original)
  expect(stateOf(again).cookies).toBe(stateOf(original).cookies)
  expect(stateOf(again).server?.requestIP(again)?.address).toBe('192.0.2.1')
  expect([stateOf(original).path, stateOf(again).path]).toEqual(['/a', '/b'])
})
