import { expect, test } from 'bun:test'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { findSession, isFresh } from '@/model/sessions/sessions'
import { listActiveSessions } from '@/model/sessions/expiry'
import { mounted } from '../support/features'
import { ann, annAndEve, annLoggedIn, annRemembered } from '../support/people'
import { makeToken } from '../support/tokens'

type AnnsSite = Pick<Awaited<ReturnType<typeof annLoggedIn>>, 'annsBrowser'>
const profile = async ({ annsBrowser }: AnnsSite) => (await annsBrowser.get('/profile')).to ?? 'no redirect'
const RELOGIN = '/relogin?next=%2Fprofile'

test('a session with a last use more than a minute in the future has ended', async () => {
  const site = await annLoggedIn()
  site.advance(-minutes(1) - 1)
  expect(await listActiveSessions(site.deps, site.users.ann)).toEqual([])
  expect(await profile(site)).toBe(RELOGIN)
  expect(site.events.filter(({ kind }) => kind === 'session-ended')).toMatchObject([{ reason: 'idle' }])
  site.advance(minutes(1) + 1)
  expect(await profile(site)).toBe(RELOGIN)
})

test('a login after the clock was set back has the usual idle limit', async () => {
  const site = await annLoggedIn()
  site.advance(-hours(1))
  await site.annsBrowser.post('/login', ann)
  site.advance(minutes(5) - 1)
  expect(await profile(site)).toBe('no redirect')
  site.advance(minutes(5))
  expect(await profile(site)).toBe(RELOGIN)
})

test('a clock that is set back by a minute ends no session, and the idle limit counts from the next page', async () => {
  const site = await annLoggedIn()
  site.advance(-minutes(1))
  expect(await profile(site)).toBe('no redirect')
  site.advance(minutes(5) - 1)
  expect(await profile(site)).toBe('no redirect')
  site.advance(minutes(5))
  expect(await profile(site)).toBe(RELOGIN)
})

test('a clock that is set back repeatedly does not extend the absolute limit', async () => {
  const site = await annLoggedIn()
  for (let i = 0; i < 2; i++) {
    expect(await profile(site)).toBe('no redirect')
    site.advance(-minutes(1))
  }
  expect(await profile(site)).toBe(RELOGIN)
})

test('a clock that is set back does not keep a session fresh for longer', async () => {
  const site = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  site.advance(-minutes(1))
  const lookup = await findSession(site.deps, site.annsBrowser.jar.get('session') ?? '')
  if (lookup?.kind !== 'active') throw new Error('no active session')
  expect(isFresh(site.deps, lookup.session, lookup.user)).toBe(true)
  site.advance(minutes(6))
  expect(isFresh(site.deps, lookup.session, lookup.user)).toBe(false)
})

test('an old remember secret restores no session after the clock was set back', async () => {
  const { annsBrowser, advance } = await annRemembered()
  const attacker = annsBrowser.copy()
  await annsBrowser.get('/profile')
  annsBrowser.close()
  await annsBrowser.get('/profile')
  advance(-seconds(10))
  expect((await attacker.get('/profile')).to).toBe('/login?next=%2Fprofile')
  expect((await annsBrowser.get('/profile')).to).toBe('/login?next=%2Fprofile') // the series has ended
})

test('a clock that jumps ten minutes ahead ends sessions, and remembered devices start new ones', async () => {
  const site = await annLoggedIn()
  site.advance(minutes(10))
  expect(await profile(site)).toBe(RELOGIN)
  const remembered = await annRemembered()
  remembered.advance(minutes(10))
  expect(await profile(remembered)).toBe('no redirect')
})

test('a clock that is set back by a minute allows no further attempt', async () => {
  const { browser, advance } = await annAndEve()
  const failLogin = async () => (await browser().post('/login', { ...ann, password: 'wrong' })).status
  for (let i = 0; i < 5; i++) await failLogin()
  advance(-minutes(1))
  expect(await failLogin()).toBe(429)
  advance(minutes(1) + seconds(1))
  expect([await failLogin(), await failLogin()]).toEqual([422, 429])
})

const eras = ['1970-01-01T00:00:00Z', '2038-01-19T03:14:07Z', '2100-02-28T23:59:59Z', '9999-01-01T00:00:00Z']

test.each(eras)('every limit holds to the millisecond in %s', async (moment) => {
  const site = await annLoggedIn()
  const { annsBrowser, browser, deps, users, advance } = site
  advance(Date.parse(moment) - deps.now())
  expect(await profile(site)).toContain('login?next=%2Fprofile')
  await annsBrowser.post('/login', { ...ann, remember: 'yes' })
  for (const path of mounted(site, ['/settings/sessions', '/settings/activity', '/settings/tokens', '/dashboard']))
    expect([path, (await annsBrowser.get(path)).status]).toEqual([path, 200])
  const lifetime = days(1)
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime })
  const me = () => browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } })
  advance(minutes(5) - 1)
  expect(await profile(site)).toBe('no redirect')
  advance(lifetime - minutes(5))
  expect((await me()).status).toBe(200)
  advance(1)
  expect((await me()).status).toBe(401)
  annsBrowser.close()
  advance(days(29) - 1)
  expect(await profile(site)).toBe('no redirect')
  annsBrowser.close()
  advance(1)
  expect(await profile(site)).toBe('/login?next=%2Fprofile')
})
