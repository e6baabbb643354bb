import { expect, test } from 'bun:test'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { ann, annAndEve, annLoggedIn, annRemembered } from '../support/people'
import type { Browser } from '../support/browser'

const timeLeft = async (browser: Browser, headers: Record<string, string> = {}) =>
  JSON.parse((await browser.get('/session', headers)).html)

const LOGGED_OUT = { status: 303, to: '/relogin?next=%2Fprofile' }

test('GET /session returns the time left by both limits and the freshness', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ FRESH_SECONDS: '60' })
  const { status, headers, html } = await annsBrowser.get('/session')
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    'application/json; charset=utf-8',
    'no-store',
  ])
  expect(JSON.parse(html)).toEqual({ idle_seconds_left: 300, absolute_seconds_left: 43_200, fresh: true })
  advance(minutes(1) - 1)
  expect(await timeLeft(annsBrowser)).toMatchObject({ fresh: true })
  advance(1)
  expect(await timeLeft(annsBrowser)).toEqual({ idle_seconds_left: 240, absolute_seconds_left: 43_140, fresh: false })
})

test('the time left is rounded down to whole seconds', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  const idle = async () => (await timeLeft(annsBrowser)).idle_seconds_left
  advance(1)
  expect(await idle()).toBe(299)
  advance(seconds(1) - 1)
  expect(await idle()).toBe(299)
  advance(1)
  expect(await idle()).toBe(298)
  advance(minutes(5) - seconds(1) - 2)
  expect(await idle()).toBe(0) // less than a second
  advance(1)
  expect((await annsBrowser.get('/session')).status).toBe(401)
})

test('a nearer absolute limit is reported and ends the session', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ SESSION_MAX_SECONDS: '400' })
  advance(seconds(200))
  await annsBrowser.get('/profile')
  expect(await timeLeft(annsBrowser)).toMatchObject({ idle_seconds_left: 300, absolute_seconds_left: 200 })
  advance(seconds(200) - 1)
  expect(await timeLeft(annsBrowser)).toMatchObject({ absolute_seconds_left: 0 })
  advance(1)
  expect((await annsBrowser.get('/session')).status).toBe(401)
})

test.each<[string, Record<string, string>]>([
  ['a person', {}],
  ['a script', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }],
  ['htmx', { 'hx-request': 'true' }],
  ['a poll', { 'x-poll': '1' }],
])('a request by %s to GET /session does not extend the session', async (_, headers) => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(4))
  expect(await timeLeft(annsBrowser, headers)).toMatchObject({ idle_seconds_left: 60 })
  advance(minutes(1))
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('GET /session restores no remembered device, and a page does', async () => {
  const { annsBrowser, events } = await annRemembered()
  const before = [...annsBrowser.jar]
  const { status, set } = await annsBrowser.get('/session')
  expect([status, set, [...annsBrowser.jar]]).toEqual([401, [], before])
  expect(events.filter(({ kind }) => kind === 'session-restored')).toEqual([])
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

test.each(['GET', 'POST'])(
  '%s returns a problem document to a visitor and to a user of an ended session',
  async (method) => {
    const { browser, annsBrowser, advance } = await annLoggedIn()
    const left = annsBrowser.copy()
    advance(minutes(5))
    for (const one of [browser(), annsBrowser, left]) {
      const { status, headers, html, to } = await one.ask('/session', { method, headers: {} })
      expect([status, to, headers.get('content-type')]).toEqual([401, null, 'application/problem+json; charset=utf-8'])
      expect(JSON.parse(html)).toMatchObject({ status: 401, title: 'Login required' })
      await annsBrowser.post('/logout')
    }
  },
)

test('a deactivated user has no session', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  await deps.db.updateTable('users').set({ deactivated_at: deps.now() }).execute()
  expect((await annsBrowser.get('/session')).status).toBe(401)
})

test('POST /session extends the session and returns the new time left', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5) - 1)
  const { status, html } = await annsBrowser.post('/session')
  expect([status, JSON.parse(html)]).toEqual([
    200,
    { idle_seconds_left: 300, absolute_seconds_left: 42_900, fresh: true },
  ])
  advance(minutes(5) - 1)
  expect(await timeLeft(annsBrowser)).toMatchObject({ idle_seconds_left: 0, fresh: false })
  advance(1)
  expect((await annsBrowser.post('/session')).status).toBe(401)
})

test('the session expires after twelve hours despite extensions', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  for (let i = 0; i < 12 * 15 - 1; i++) {
    advance(minutes(4))
    await annsBrowser.post('/session')
  }
  advance(minutes(4) - 1)
  expect((await annsBrowser.post('/session')).status).toBe(200)
  advance(1)
  expect((await annsBrowser.post('/session')).status).toBe(401)
})

test('POST /session restores a remembered device without freshness until the series expires', async () => {
  const { annsBrowser, advance } = await annRemembered()
  advance(days(30) - 1)
  expect(JSON.parse((await annsBrowser.post('/session')).html)).toEqual({
    idle_seconds_left: 300,
    absolute_seconds_left: hours(12) / seconds(1),
    fresh: false,
  })
  annsBrowser.close()
  advance(1)
  expect((await annsBrowser.post('/session')).status).toBe(401)
})

test.each<[string, Record<string, string>]>([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a neighbour', { 'sec-fetch-site': 'same-site' }],
])('%s does not extend a session', async (_, headers) => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(4))
  expect((await annsBrowser.post('/session', {}, headers)).status).toBe(403)
  advance(minutes(1))
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('a request to /session is never saved', async () => {
  const { as, advance, deps } = await annAndEve()
  const anns = await as(ann)
  advance(minutes(5))
  for (const path of ['/session', '/session/']) await anns.post(path, { note: 'x' })
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
  expect([...anns.jar.keys()]).not.toContain('saved')
})

test('a client without browser headers receives a response', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect((await annsBrowser.ask('/session', { headers: {} })).status).toBe(200)
})

test.each(['same-site', 'cross-site'])('a page of a %s origin is refused and extends no session', async (site) => {
  const { annsBrowser, advance } = await annLoggedIn()
  const foreign = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }
  advance(minutes(4))
  for (const path of ['/session', '/session/stream'])
    expect((await annsBrowser.get(path, { ...foreign, accept: 'text/event-stream' })).status).toBe(403)
  expect((await annsBrowser.get('/probe', foreign)).status).toBe(403)
  expect(await timeLeft(annsBrowser)).toMatchObject({ idle_seconds_left: 60 })
  const followed = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  await annsBrowser.get('/probe', followed) // a user follows a cross-site link
  expect(await timeLeft(annsBrowser)).toMatchObject({ idle_seconds_left: 300 })
})

test('the response names the user of the session, so that a page of another user can hide itself', async () => {
  const { annsBrowser, users } = await annLoggedIn()
  expect((await annsBrowser.get('/session')).headers.get('session-user')).toBe(users.ann.id)
})
