import { expect, test } from 'bun:test'
import type { Schema } from '@db/schema'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { listDevices } from '@/model/sessions/session-list'
import { listEventsOf } from '@/model/security-events/security-events'
import { takeBatch, type Place } from '@/model/retention/retention'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { ann, annAndEve, eve, annLoggedIn, annRemembered } from '../../support/people'
import type { Site } from '../../support/site'

// What is over is thrown away in the end, a little at a time; what lives, and what people still see, stays.

const tables = [
  'drafts',
  'guess_counts',
  'known_devices',
  'tries',
  'remember_secrets',
  'remember_series',
  'sessions',
  'api_tokens',
] satisfies (keyof Schema)[]

async function sweep({ deps }: Pick<Site, 'deps'>) {
  for (let place: Place | undefined = { turn: 0, after: '' }; place;) place = await takeBatch(deps, place)
}

async function counts({ deps }: Pick<Site, 'deps'>, of: readonly (keyof Schema)[] = tables) {
  const found = await Promise.all(of.map((table) => deps.db.selectFrom(table).selectAll().execute()))
  return Object.fromEntries(found.map((rows, i) => [of[i], rows.length]).filter(([, n]) => n !== 0))
}

/** Something in every table. */
async function fullHouse() {
  const site = await annRemembered()
  const { annsBrowser, browser, deps, users, pass } = site
  await annsBrowser.get('/profile')
  await browser().get('/profile')
  await browser().post('/login', { ...ann, password: 'guess' })
  await createApiToken(deps, users.ann, { name: 'x', scopes: [], lifetime: hours(1) })
  pass(minutes(5))
  await annsBrowser.post('/profile', { name: 'Anna' }, { cookie: `session=${annsBrowser.jar.get('session')}` })
  return site
}

test('nothing is swept while it lasts', async () => {
  const site = await fullHouse()
  const before = await counts(site)
  expect(Object.keys(before)).toEqual(expect.arrayContaining(['drafts', 'tries', 'sessions', 'api_tokens']))
  await sweep(site)
  expect(await counts(site)).toEqual(before)
})

test('everything is swept in the end, but for users and their history of a year', async () => {
  const site = await fullHouse()
  site.pass(days(30 + 180) + minutes(6))
  await sweep(site)
  expect(await counts(site)).toEqual({})
  expect((await listEventsOf(site.deps, site.users.ann)).events).not.toEqual([])
  site.pass(days(365))
  await sweep(site)
  expect(await counts(site, ['security_events', 'users'])).toEqual({ users: 2 })
})

test('a session goes thirty days after it ended or ran out, and not a moment earlier', async () => {
  const site = await annLoggedIn()
  const other = site.browser()
  await other.post('/login', ann)
  site.pass(minutes(2))
  await other.post('/logout')
  const left: unknown[] = []
  for (const ms of [days(30) - 1, 1, minutes(3) - 1, 1]) {
    site.pass(ms)
    await sweep(site)
    left.push((await counts(site, ['sessions'])).sessions)
  }
  expect(left).toEqual([2, 1, 1, undefined])
})

test('of a remembered device the list still shows the last session, however long ago it was used', async () => {
  const site = await annRemembered({ REMEMBER_SECONDS: `${days(90) / seconds(1)}` })
  site.pass(days(60))
  await sweep(site)
  expect((await listDevices(site.deps, site.users.ann)).resting).toHaveLength(1)
  expect((await site.annsBrowser.get('/profile')).status).toBe(200)
})

test('a secret that was used thirty days ago is forgotten, and its device goes on', async () => {
  const site = await annRemembered({ REMEMBER_SECONDS: `${days(90) / seconds(1)}` })
  const thief = site.annsBrowser.copy()
  await site.annsBrowser.get('/profile')
  site.pass(days(30))
  expect(await counts(site, ['remember_secrets'])).toEqual({ remember_secrets: 2 })
  await sweep(site)
  expect(await counts(site, ['remember_secrets'])).toEqual({ remember_secrets: 1 })
  expect((await thief.get('/profile')).status).toBe(303)
  expect((await site.annsBrowser.get('/profile')).status).toBe(200)
})

test('an account that is shut stays shut', async () => {
  const site = await annAndEve()
  site.deps.config.limits.account.most = 1
  await site.browser().post('/login', { ...ann, password: 'guess' })
  site.pass(days(1000))
  await sweep(site)
  expect((await site.browser().post('/login', ann)).status).toBe(429)
})

test('rate-limit hits and login failures more than a day in the future are deleted, and locked accounts stay locked', async () => {
  const site = await annAndEve()
  const { browser, deps, pass } = site
  const guess = async (email: string) => (await browser().post('/login', { email, password: 'guess' })).status
  pass(days(1) + 1) // the clock is ahead
  for (let i = 0; i < 5; i++) await guess(ann.email)
  for (let i = 0; i < 14; i++) await guess(`nobody-${i}@example.test`)
  deps.config.limits.account.most = 1
  await guess(eve.email)
  pass(-1)
  deps.config.limits.login.source = [{ most: 21, within: minutes(10) }]
  await guess('one-day-ahead@example.test')
  pass(-days(1)) // the clock is right
  deps.config.limits.account.most = 100
  expect((await browser().post('/login', ann)).status).toBe(429)
  await sweep(site)
  expect(await counts(site, ['tries', 'guess_counts'])).toEqual({ tries: 1, guess_counts: 2 })
  expect((await browser().post('/login', ann)).status).toBe(303)
  deps.config.limits.account.most = 1
  expect((await browser().post('/login', eve)).status).toBe(429)
})

test('what was guessed in a known browser goes with it, also where that used up all of its guesses', async () => {
  const site = await annLoggedIn()
  await site.annsBrowser.post('/logout')
  site.deps.config.limits.device.most = 1
  await site.annsBrowser.post('/login', { ...ann, password: 'guess' })
  site.pass(days(180) - 1)
  await sweep(site)
  expect(await counts(site, ['guess_counts', 'known_devices'])).toEqual({ guess_counts: 1, known_devices: 1 })
  site.pass(1)
  await sweep(site)
  expect(await counts(site, ['guess_counts', 'known_devices'])).toEqual({})
})

test('a batch throws ten rows away at most, and goes on behind the last', async () => {
  const site = await annAndEve()
  const rows = Array.from({ length: 250 }, (_, i) => ({
    id: `${i}`.padStart(22, 'x'),
    kind: 'login' as const,
    source_hash: 'x',
    network_hash: null,
    at: site.deps.now() - (i % 2 ? days(1) : 0),
  }))
  await site.deps.db.insertInto('tries').values(rows).execute()
  const left: (number | undefined)[] = []
  for (let place: Place | undefined = { turn: 0, after: '' }; place; place = await takeBatch(site.deps, place))
    left.push((await counts(site, ['tries'])).tries)
  expect([...new Set(left)]).toEqual([250, 240, 230, 220, 210, 200, 190, 180, 170, 160, 150, 140, 130, 125])
})
