import { expect, test } from 'bun:test'
import type { Schema } from '@db/schema'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { listSessions } from '@/model/sessions/session-list'
import { listEventsOf } from '@/model/security-events/security-events'
import { deleteBatch, type Cursor } from '@/model/retention/retention'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { ann, annAndEve, eve, annLoggedIn, annRemembered } from '../../support/people'
import type { Site } from '../../support/site'

// What is over is thrown away in the end, a little at a time; what lives, and what people still see, stays.

const tables = [
  'saved_requests',
  'login_failures',
  'known_devices',
  'rate_limit_hits',
  'remember_secrets',
  'remember_series',
  'sessions',
  'api_tokens',
] satisfies (keyof Schema)[]

async function sweep({ deps }: Pick<Site, 'deps'>) {
  for (let place: Cursor | undefined = { table: 0, after: '' }; place;) place = await deleteBatch(deps, place)
}

async function counts({ deps }: Pick<Site, 'deps'>, of: readonly (keyof Schema)[] = tables) {
  const found = await Promise.all(of.map((table) => deps.db.selectFrom(table).selectAll().execute()))
  return Object.fromEntries(found.map((rows, i) => [of[i], rows.length]).filter(([, n]) => n !== 0))
}

/** Something in every table. */
async function fullHouse() {
  const site = await annRemembered()
  const { annsBrowser, browser, deps, users, advance } = site
  await annsBrowser.get('/profile')
  await browser().get('/profile')
  await browser().post('/login', { ...ann, password: 'guess' })
  await createApiToken(deps, users.ann, { name: 'x', scopes: [], lifetime: hours(1) })
  advance(minutes(5))
  await annsBrowser.post('/profile', { name: 'Anna' }, { cookie: `session=${annsBrowser.jar.get('session')}` })
  return site
}

test('nothing is swept while it lasts', async () => {
  const site = await fullHouse()
  const before = await counts(site)
  expect(Object.keys(before)).toEqual(
    expect.arrayContaining(['saved_requests', 'rate_limit_hits', 'sessions', 'api_tokens']),
  )
  await sweep(site)
  expect(await counts(site)).toEqual(before)
})

test('everything is swept in the end, but for users and their history of a year', async () => {
  const site = await fullHouse()
  site.advance(days(30 + 180) + minutes(6))
  await sweep(site)
  expect(await counts(site)).toEqual({})
  expect((await listEventsOf(site.deps, site.users.ann)).events).not.toEqual([])
  site.advance(days(365))
  await sweep(site)
  expect(await counts(site, ['security_events', 'users'])).toEqual({ users: 2 })
})

test('a session goes thirty days after it ended or ran out, and not a moment earlier', async () => {
  const site = await annLoggedIn()
  const other = site.browser()
  await other.post('/login', ann)
  site.advance(minutes(2))
  await other.post('/logout')
  const left: unknown[] = []
  for (const ms of [days(30) - 1, 1, minutes(3) - 1, 1]) {
    site.advance(ms)
    await sweep(site)
    left.push((await counts(site, ['sessions'])).sessions)
  }
  expect(left).toEqual([2, 1, 1, undefined])
})

test('of a remembered device the list still shows the last session, however long ago it was used', async () => {
  const site = await annRemembered({ REMEMBER_SECONDS: `${days(90) / seconds(1)}` })
  site.advance(days(60))
  await sweep(site)
  expect((await listSessions(site.deps, site.users.ann)).remembered).toHaveLength(1)
  expect((await site.annsBrowser.get('/profile')).status).toBe(200)
})

test('a secret that was used thirty days ago is forgotten, and its device goes on', async () => {
  const site = await annRemembered({ REMEMBER_SECONDS: `${days(90) / seconds(1)}` })
  const thief = site.annsBrowser.copy()
  await site.annsBrowser.get('/profile')
  site.advance(days(30))
  expect(await counts(site, ['remember_secrets'])).toEqual({ remember_secrets: 2 })
  await sweep(site)
  expect(await counts(site, ['remember_secrets'])).toEqual({ remember_secrets: 1 })
  expect((await thief.get('/profile')).status).toBe(303)
  expect((await site.annsBrowser.get('/profile')).status).toBe(200)
})

test('an account that is shut stays shut', async () => {
  const site = await annAndEve()
  site.deps.config.limits.account.max = 1
  await site.browser().post('/login', { ...ann, password: 'guess' })
  site.advance(days(1000))
  await sweep(site)
  expect((await site.browser().post('/login', ann)).status).toBe(429)
})

test('rate-limit hits and login failures more than a day in the future are deleted, and locked accounts stay locked', async () => {
  const site = await annAndEve()
  const { browser, deps, advance } = site
  const guess = async (email: string) => (await browser().post('/login', { email, password: 'guess' })).status
  advance(days(1) + 1) // the clock is ahead
  for (let i = 0; i < 5; i++) await guess(ann.email)
  for (let i = 0; i < 14; i++) await guess(`nobody-${i}@example.test`)
  deps.config.limits.account.max = 1
  await guess(eve.email)
  advance(-1)
  deps.config.limits.login.source = [{ max: 21, window: minutes(10) }]
  await guess('one-day-ahead@example.test')
  advance(-days(1)) // the clock is right
  deps.config.limits.account.max = 100
  expect((await browser().post('/login', ann)).status).toBe(429)
  await sweep(site)
  expect(await counts(site, ['rate_limit_hits', 'login_failures'])).toEqual({ rate_limit_hits: 1, login_failures: 2 })
  expect((await browser().post('/login', ann)).status).toBe(303)
  deps.config.limits.account.max = 1
  expect((await browser().post('/login', eve)).status).toBe(429)
})

test('what was guessed in a known browser goes with it, also where that used up all of its guesses', async () => {
  const site = await annLoggedIn()
  await site.annsBrowser.post('/logout')
  site.deps.config.limits.device.max = 1
  await site.annsBrowser.post('/login', { ...ann, password: 'guess' })
  site.advance(days(180) - 1)
  await sweep(site)
  expect(await counts(site, ['login_failures', 'known_devices'])).toEqual({ login_failures: 1, known_devices: 1 })
  site.advance(1)
  await sweep(site)
  expect(await counts(site, ['login_failures', 'known_devices'])).toEqual({})
})

test('a batch throws ten rows away at most, and goes on behind the last', async () => {
  const site = await annAndEve()
  const rows = Array.from({ length: 250 }, (_, i) => ({
    id: `${i}`.padStart(22, 'x'),
    limit_name: 'login' as const,
    source_hash: 'x',
    network_hash: null,
    created_at: site.deps.now() - (i % 2 ? days(1) : 0),
  }))
  await site.deps.db.insertInto('rate_limit_hits').values(rows).execute()
  const left: (number | undefined)[] = []
  for (let place: Cursor | undefined = { table: 0, after: '' }; place; place = await deleteBatch(site.deps, place))
    left.push((await counts(site, ['rate_limit_hits'])).rate_limit_hits)
  expect([...new Set(left)]).toEqual([250, 240, 230, 220, 210, 200, 190, 180, 170, 160, 150, 140, 130, 125])
})
