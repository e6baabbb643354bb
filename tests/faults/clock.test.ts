import { expect, test } from 'bun:test'
import { days, hours, minutes, seconds } from '@/lib/durations'
import { findVisit, isFresh } from '@/model/sessions'
import { listSessionsOf } from '@/model/live-sessions'
import { takeErrors } from '../support/no-stray-errors'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../support/people'
import { openSite } from '../support/site'
import { annOnDisk } from '../support/store'
import { makeToken } from '../support/tokens'

type AnnsSite = Pick<Awaited<ReturnType<typeof annLoggedIn>>, 'annsBrowser'>
const profile = async ({ annsBrowser }: AnnsSite) => (await annsBrowser.get('/profile')).to ?? 'shown'
const RELOGIN = '/relogin?next=%2Fprofile'

test('a clock that is set back an hour ends what was open: how long it has been idle nobody knows', async () => {
  const site = await annLoggedIn()
  site.pass(-hours(1))
  expect(await listSessionsOf(site.deps, site.users.ann)).toEqual([])
  expect(await profile(site)).toBe(RELOGIN)
  expect(site.events.filter(({ kind }) => kind === 'session-ended')).toMatchObject([{ reason: 'idle' }])
  expect(takeErrors().map(({ msg }) => msg)).toEqual(['the clock was set back'])
})

test('and it does not come to life again when the clock gets there, whoever it was that asked meanwhile', async () => {
  const site = await annLoggedIn()
  site.pass(-hours(1))
  await site.browser().get('/healthz')
  site.pass(hours(1))
  expect(await profile(site)).toBe(RELOGIN)
  takeErrors()
})

test('a start by a clock that is behind lets nobody in who was here later than it says', async () => {
  const before = await annOnDisk()
  before.pass(minutes(1) + 1)
  await before.annsBrowser.get('/profile')
  const { browser } = await openSite({ DATABASE_URL: `sqlite:${before.file}` })
  const annsBrowser = browser()
  annsBrowser.keep('session', before.annsBrowser.jar.get('session') ?? '')
  expect(await profile({ annsBrowser })).toBe(RELOGIN)
})

test('nor when that clock gets there, although nobody asked meanwhile', async () => {
  const before = await annOnDisk()
  before.pass(hours(1))
  await before.annsBrowser.post('/login', ann)
  const { browser, pass, events } = await openSite({ DATABASE_URL: `sqlite:${before.file}` })
  while (!events.some(({ kind }) => kind === 'session-ended')) await Bun.sleep(5)
  pass(hours(1))
  const annsBrowser = browser()
  annsBrowser.keep('session', before.annsBrowser.jar.get('session') ?? '')
  expect(await profile({ annsBrowser })).toBe(RELOGIN)
})

test('whoever logs in by a clock that is behind has the usual five minutes, and twelve hours', async () => {
  const site = await annLoggedIn()
  site.pass(-hours(1))
  await site.annsBrowser.post('/login', ann)
  takeErrors()
  site.pass(minutes(5) - 1)
  expect(await profile(site)).toBe('shown')
  site.pass(minutes(5))
  expect(await profile(site)).toBe(RELOGIN)
})

test('a clock that is set back a little logs nobody out, and the five minutes count from the next page', async () => {
  const site = await annLoggedIn()
  site.pass(-minutes(1))
  expect(await profile(site)).toBe('shown')
  site.pass(minutes(5) - 1)
  expect(await profile(site)).toBe('shown')
  site.pass(minutes(5))
  expect(await profile(site)).toBe(RELOGIN)
})

test('not even a clock that is set back again and again puts the end after twelve hours off', async () => {
  const site = await annLoggedIn()
  for (let i = 0; i < 2; i++) {
    expect(await profile(site)).toBe('shown')
    site.pass(-minutes(1))
  }
  expect(await profile(site)).toBe(RELOGIN)
  takeErrors()
})

test('nor does it make a password that was typed once fresh for longer', async () => {
  const site = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  site.pass(-minutes(1))
  const visit = await findVisit(site.deps, site.annsBrowser.jar.get('session') ?? '')
  if (visit?.kind !== 'live') throw new Error('ann is logged in')
  expect(isFresh(site.deps, visit.session)).toBe(true)
  site.pass(minutes(6))
  expect(isFresh(site.deps, visit.session)).toBe(false)
})

test('a used remember secret opens nothing because the clock was set back', async () => {
  const { annsBrowser, pass } = await annRemembered()
  const thief = annsBrowser.copy()
  await annsBrowser.get('/profile')
  pass(-seconds(10))
  expect((await thief.get('/profile')).to).toBe('/login?next=%2Fprofile')
  expect((await annsBrowser.get('/profile')).to).toBe('/login?next=%2Fprofile') // taken for a theft, as it would be late
})

test('a clock that jumps ten minutes ahead ends what was open, and remembered devices come back', async () => {
  const site = await annLoggedIn()
  site.pass(minutes(10))
  expect(await profile(site)).toBe(RELOGIN)
  const remembered = await annRemembered()
  remembered.pass(minutes(10))
  expect(await profile(remembered)).toBe('shown')
})

test('who reached a limit by a clock that was ahead waits no longer for that once it is set right', async () => {
  const { browser, pass } = await annAndEve()
  const guess = async (email: string) => (await browser().post('/login', { email, password: 'guess' })).status
  pass(days(365))
  for (let i = 0; i < 5; i++) await guess(ann.email)
  for (let i = 0; i < 15; i++) await guess(`nobody-${i}@example.test`)
  expect(await guess(eve.email)).toBe(429)
  pass(-days(365))
  expect((await browser().post('/login', ann)).status).toBe(303)
  takeErrors()
})

test('a clock that is set back a little gives nobody a guess more', async () => {
  const { browser, pass } = await annAndEve()
  const guess = async () => (await browser().post('/login', { ...ann, password: 'guess' })).status
  for (let i = 0; i < 5; i++) await guess()
  pass(-minutes(1))
  expect(await guess()).toBe(429)
  pass(minutes(1) + seconds(1))
  expect([await guess(), await guess()]).toEqual([422, 429])
})

const eras = ['1970-01-01T00:00:00Z', '2038-01-19T03:14:07Z', '2100-02-28T23:59:59Z', '9999-01-01T00:00:00Z']

test.each(eras)('in %s every limit is where it should be', async (moment) => {
  const site = await annLoggedIn()
  const { annsBrowser, browser, deps, users, pass } = site
  pass(Date.parse(moment) - deps.now())
  expect(await profile(site)).toContain('login?next=%2Fprofile')
  takeErrors() // of a clock that was set back
  await annsBrowser.post('/login', { ...ann, remember: 'yes' })
  for (const path of ['/settings/sessions', '/settings/activity', '/settings/tokens', '/dashboard'])
    expect([path, (await annsBrowser.get(path)).status]).toEqual([path, 200])
  const lifetime = days(1)
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime })
  const me = () => browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } })
  pass(minutes(5) - 1)
  expect(await profile(site)).toBe('shown')
  pass(lifetime - minutes(5))
  expect((await me()).status).toBe(200)
  pass(1)
  expect((await me()).status).toBe(401)
  annsBrowser.close()
  pass(days(29) - 1)
  expect(await profile(site)).toBe('shown')
  annsBrowser.close()
  pass(1)
  expect(await profile(site)).toBe('/login?next=%2Fprofile')
})
