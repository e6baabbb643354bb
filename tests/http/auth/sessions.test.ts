import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import { annLoggedIn } from '../../support/people'

const OPEN = { status: 200 }
const TIMED_OUT = { status: 303, to: '/relogin?next=%2Fprofile' }

test('a session expires after exactly five idle minutes, and each request restarts them', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  for (let i = 0; i < 3; i++) {
    advance(minutes(5) - 1)
    expect(await annsBrowser.get('/profile')).toMatchObject(OPEN)
  }
  advance(minutes(5))
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})

test('an extension is written at most every five seconds, and the session never expires late', async () => {
  const { annsBrowser, deps, advance } = await annLoggedIn()
  const seenAt = async () =>
    (await deps.db.selectFrom('sessions').select('last_seen_at').executeTakeFirstOrThrow()).last_seen_at
  const atLogin = await seenAt()
  advance(seconds(5) - 1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin)
  advance(1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin + seconds(5))
})

test.each([
  ['a hashed asset', '/favicon.ico', {}],
  ['a health check', '/healthz', {}],
  ['the public status', '/api/status', {}],
  ['a prefetch', '/profile', { 'sec-purpose': 'prefetch' }],
  ['a prerender', '/profile', { 'sec-purpose': 'prefetch;prerender' }],
  ['an older prefetch', '/profile', { purpose: 'prefetch' }],
  ['the oldest prefetch', '/profile', { 'x-moz': 'prefetch' }],
  ['a poll', '/profile', { 'x-poll': '1', 'sec-fetch-dest': 'empty' }],
  ['a stream', '/profile', { accept: 'text/event-stream', 'sec-fetch-dest': 'empty' }],
  ['a picture that a page loads', '/profile', { 'sec-fetch-dest': 'image' }],
  ['a program that reads the API', '/api/me', {}],
  ['an address that is not there', '/apple-touch-icon.png', {}],
])('%s does not extend the session', async (_, path, headers: Record<string, string>) => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(4))
  await annsBrowser.get(path, headers)
  advance(minutes(1))
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})

test('a HEAD request does not extend the session', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(4))
  expect((await annsBrowser.ask('/profile', { method: 'HEAD', headers: {} })).status).toBe(200)
  advance(minutes(1))
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})

test('a page, a partial, a form and a public page extend the session', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  const acts = [
    () => annsBrowser.get('/profile'),
    () => annsBrowser.getHtmx('/dashboard'),
    () => annsBrowser.post('/profile', { name: 'Ann' }),
    () => annsBrowser.get('/'),
  ]
  for (const act of acts) {
    advance(minutes(5) - 1)
    await act()
  }
  expect(await annsBrowser.get('/profile')).toMatchObject(OPEN)
})

test('a session expires twelve hours after the login despite activity', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  for (let i = 0; i < 12 * 15 - 1; i++) {
    advance(minutes(4))
    await annsBrowser.get('/probe')
  }
  advance(minutes(4) - 1)
  expect(await annsBrowser.get('/profile')).toMatchObject(OPEN)
  advance(1)
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})
