import { expect, test } from 'bun:test'
import { days, minutes, seconds } from '@/lib/duration'
import { listEventsOf } from '@/model/security-events/event-list'
import type { Browser } from '../support/browser'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'

// Failed logins of attackers do not lock a user out of a known device.

const wrongLogin = { ...ann, password: 'wrong' }

async function tries(browser: Browser, n: number, fields = wrongLogin) {
  const answers: number[] = []
  for (let i = 0; i < n; i++) answers.push((await browser.post('/login', fields)).status)
  return answers
}

/** Ann has logged out of a known device, and an attacker elsewhere has used up all attempts. */
async function annsAccountIsShut() {
  const site = await annLoggedIn({ TRUST_PROXY: '1' })
  await site.annsBrowser.post('/logout')
  site.deps.config.limits.account.max = 8
  for (let i = 0; i < 9; i++) {
    site.advance(minutes(15))
    await site.browser().post('/login', wrongLogin, { 'x-forwarded-for': '10.0.0.1' })
  }
  return site
}

test('a user of a locked account can log in from a known device and nowhere else', async () => {
  const { annsBrowser, browser, deps, users } = await annsAccountIsShut()
  expect(await tries(browser(), 1, ann)).toEqual([429])
  expect(await tries(annsBrowser, 1, ann)).toEqual([303])
  const { events } = await listEventsOf(deps, users.ann)
  expect(events.map(({ kind }) => kind)).toContain('account-locked')
  expect((await annsBrowser.get('/settings/activity')).html).toContain('Account locked after 100 wrong passwords')
})

test('a password change unlocks the account on all devices', async () => {
  const { annsBrowser, browser } = await annsAccountIsShut()
  await tries(annsBrowser, 1, ann)
  await annsBrowser.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
  expect(await tries(browser(), 1, { ...ann, password: 'five boxing wizards' })).toEqual([303])
})

test('a known device has its own backoff, and ten wrong passwords end its privilege', async () => {
  const { annsBrowser, advance, events, deps } = await annLoggedIn()
  await annsBrowser.post('/logout')
  expect(await tries(annsBrowser, 6)).toEqual([422, 422, 422, 422, 422, 429])
  expect(events.at(-1)).toEqual({ kind: 'rate-limited', by: 'known-device' })
  expect(await deps.db.selectFrom('rate_limit_hits').selectAll().where('limit_name', '=', 'login').execute()).toEqual(
    [],
  )
  for (let i = 0; i < 5; i++) {
    advance(minutes(1))
    expect(await tries(annsBrowser, 1)).toEqual([422])
  }
  advance(minutes(1))
  expect(await deps.db.selectFrom('known_devices').selectAll().execute()).toHaveLength(1)
  expect(await tries(annsBrowser, 6)).toEqual([422, 422, 422, 422, 422, 429])
  expect(events.at(-1)).toEqual({ kind: 'rate-limited', by: 'account' })
  expect(await deps.db.selectFrom('known_devices').selectAll().execute()).toEqual([])
})

test('re-logins and password changes use the limits of the known device', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  const change = () =>
    annsBrowser.post('/settings/password', { password: 'wrong', new_password: 'five boxing wizards' })
  for (let i = 0; i < 3; i++) expect((await change()).status).toBe(422)
  advance(minutes(5))
  for (let i = 0; i < 2; i++) expect((await annsBrowser.post('/relogin', { password: 'wrong' })).status).toBe(422)
  const { status, headers, html } = await annsBrowser.post('/relogin', { password: ann.password })
  expect([status, headers.get('retry-after')]).toEqual([429, '1'])
  expect(html).toContain('Too many attempts. Wait 1 second, then try again.')
  advance(seconds(1))
  expect((await annsBrowser.post('/relogin', { password: ann.password })).status).toBe(303)
  for (let i = 0; i < 5; i++) expect((await change()).status).toBe(422)
  const held = await change()
  expect([held.status, held.html.includes('Too many attempts.')]).toEqual([429, true])
})

test('each login replaces the device cookie, so that a planted one is unknown', async () => {
  const { browser, deps } = await annAndEve()
  const [eves, anns] = [browser(), browser()]
  await eves.post('/login', eve)
  const planted = eves.jar.get('device') ?? ''
  anns.keep('device', planted)
  await anns.post('/login', ann)
  expect(anns.jar.get('device')).not.toBe(planted)
  await eves.post('/logout')
  await anns.post('/logout')
  deps.config.limits.login.source = [{ max: 0, window: minutes(1) }] // only a known device may attempt a login
  expect([await tries(eves, 1), await tries(anns, 1)]).toEqual([[429], [422]])
})

test('two users of one browser are both known in it and have separate limits', async () => {
  const { browser, deps } = await annAndEve()
  const shared = browser()
  for (const person of [eve, ann]) {
    await shared.post('/login', person)
    await shared.post('/logout')
  }
  await tries(shared, 6)
  const ids = await deps.db.selectFrom('known_devices').select('user_id').execute()
  expect(ids).toHaveLength(2)
  expect(await tries(shared, 1, eve)).toEqual([303])
  await shared.post('/logout')
  expect(await tries(shared, 1)).toEqual([429]) // eve’s login does not clear ann’s failures
})

test('a device is known for 180 days after its last login', async () => {
  const { annsBrowser, advance, browser } = await annLoggedIn()
  await annsBrowser.post('/logout')
  await tries(browser(), 5)
  advance(days(180) - 1)
  await tries(browser(), 6)
  expect(await tries(annsBrowser, 1, ann)).toEqual([303])
  await annsBrowser.post('/logout')
  advance(days(180))
  await tries(browser(), 6)
  expect(await tries(annsBrowser, 1, ann)).toEqual([429])
})

test('an invented device cookie is not a known device', async () => {
  const { browser } = await annAndEve()
  for (const value of ['A'.repeat(43), '', 'x', "' or 1=1--"]) {
    const visitor = browser()
    visitor.keep('device', value)
    await tries(visitor, 6)
    expect(await tries(visitor, 1, ann)).toEqual([429])
  }
})
