import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { listApiTokensOf } from '@/model/api-tokens/api-tokens'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { tokenTest } from '../../support/features'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { siteWithLoginProbe, storedSessions } from '../../support/login-probe'
import { ann, eve } from '../../support/people'

const OPEN = { status: 200 }
const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }

test('a login by a handler starts a fresh browser session that is not remembered', async () => {
  const { anns, browser } = await siteWithLoginProbe()
  expect((await anns.post('/log-in')).html).toBe('in')
  expect((await anns.get('/settings/password')).status).toBe(200)
  expect(await browser().get('/profile')).toMatchObject(LOGGED_OUT)
  anns.close()
  expect(await anns.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('the duration of a login overrides the duration of the site', async () => {
  const { anns, advance } = await siteWithLoginProbe({ remember: true, duration: days(1) }, { rememberFor: days(7) })
  expect((await anns.post('/log-in')).set.join()).toContain('Max-Age=86400;')
  advance(days(1) - 1)
  anns.close()
  const late = anns.copy()
  expect((await anns.get('/profile')).set.find((line) => line.startsWith('remember='))).toContain('Max-Age=1;')
  advance(1)
  late.close()
  expect(await late.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('a password change keeps the duration of the remember series', async () => {
  const { anns, browser } = await siteWithLoginProbe({ remember: true, duration: days(1) }, { rememberFor: days(7) })
  await browser().post('/login', { ...eve, remember: 'yes' })
  await anns.post('/log-in')
  const change = { password: 'correct horse battery', new_password: 'five boxing wizards' }
  expect((await anns.post('/settings/password', change)).set.join()).toContain('Max-Age=86400;')
})

test('remember without a duration uses the duration of the site, and a duration alone remembers no device', async () => {
  const { anns } = await siteWithLoginProbe({ remember: true }, { rememberFor: days(7) })
  expect((await anns.post('/log-in')).set.join()).toContain(`Max-Age=${7 * 86_400};`)
  const { anns: others } = await siteWithLoginProbe({ duration: days(1) })
  expect((await others.post('/log-in')).set.join()).not.toContain('remember=')
})

test.each([0, -1, 999, 1000.5, 34_560_000_001, Number.NaN, Infinity, '2000' as never])(
  'an invalid duration of %p changes nothing and is an internal error',
  async (duration) => {
    const { anns, events, ...site } = await siteWithLoginProbe({ remember: true, duration })
    await anns.post('/login', { ...eve, remember: 'yes' })
    await anns.get('/probe')
    const before = { stored: await storedSessions(site), events: [...events], jar: [...anns.jar] }
    expect(await anns.post('/log-in')).toMatchObject({ status: 500, set: [] })
    expect(takeLoggedErrors()[0]?.err?.message).toContain('duration must be 1 s to 400 days')
    expect({ stored: await storedSessions(site), events: [...events], jar: [...anns.jar] }).toEqual(before)
    expect((await anns.get('/profile')).html).toContain('Welcome, Eve!')
  },
)

test('a login without typed credentials is not fresh', async () => {
  const { anns } = await siteWithLoginProbe({ fresh: false })
  await anns.post('/log-in')
  expect(await anns.get('/profile')).toMatchObject(OPEN)
  expect((await anns.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
  await anns.post('/relogin', { password: 'correct horse battery' })
  expect((await anns.get('/settings/password')).status).toBe(200)
})

test('a deactivated user cannot log in, and nothing is written', async () => {
  const { anns, users, events, ...site } = await siteWithLoginProbe({ remember: true, force: false })
  await deactivateUser(site.deps, users.ann, 'command line')
  const before = await storedSessions(site)
  expect(await anns.post('/log-in')).toMatchObject({ html: 'out', set: [] })
  expect(await storedSessions(site)).toEqual(before)
  expect(events.at(-1)).toEqual({ kind: 'login-failed', reason: 'deactivated', userId: users.ann.id })
})

test('a forced login admits a deactivated user until the next deactivation', async () => {
  const { anns, users, deps } = await siteWithLoginProbe({ force: true })
  await deactivateUser(deps, users.ann, 'command line')
  expect((await anns.post('/log-in')).html).toBe('in')
  for (let i = 0; i < 3; i++) expect(await anns.get('/profile')).toMatchObject(OPEN)
  await activateUser(deps, users.ann, 'command line')
  await deactivateUser(deps, users.ann, 'command line')
  expect(await anns.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('a new deactivation ends forced sessions and emits only their end', async () => {
  const { anns, users, deps, events } = await siteWithLoginProbe({ force: true })
  await deactivateUser(deps, users.ann, 'command line')
  await anns.post('/log-in')
  expect((await anns.get('/profile')).status).toBe(200)
  events.length = 0
  expect(await deactivateUser(deps, users.ann, 'command line')).toBe(true)
  expect(events.map(({ kind }) => kind)).toEqual(['session-ended'])
  expect((await anns.get('/profile')).status).toBe(303)
})

test('a forced login rejects an unknown user and a user read before a password change', async () => {
  for (const as of [{ password_version: 0 }, { id: 'unknown' }]) {
    const { anns, ...site } = await siteWithLoginProbe({ force: true }, undefined, as)
    expect(await anns.post('/log-in')).toMatchObject({ html: 'out', set: [] })
    expect(await storedSessions(site)).toEqual([[], [], []])
  }
})

test('a login without remember deletes an existing remember cookie, and a browser restart ends the session', async () => {
  const { anns: shared, advance } = await siteWithLoginProbe()
  await shared.post('/login', { ...eve, remember: 'yes' })
  const kept = shared.copy()
  expect((await shared.post('/log-in')).set).toContain('remember=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')
  for (let i = 0; i < 3; i++) {
    advance(minutes(1))
    expect((await shared.get('/profile')).set.join()).not.toContain('remember')
  }
  for (const one of [shared, kept]) {
    one.close()
    expect(await one.get('/profile')).toMatchObject(LOGGED_OUT)
  }
})

/** Ann is deactivated and has a forced login. */
async function annForced() {
  const site = await siteWithLoginProbe({ force: true, remember: true })
  await deactivateUser(site.deps, site.users.ann, 'command line')
  return { ...site, set: (await site.anns.post('/log-in')).set }
}

tokenTest('a deactivated user with a forced login gets no API token and does not see the token limit', async () => {
  const { anns, deps, users } = await annForced()
  const { status, html } = await anns.post('/settings/tokens', { name: 'x', scopes: 'profile:read' })
  expect([status, html.includes('Access denied'), html.includes('20 tokens')]).toEqual([403, true, false])
  expect(await listApiTokensOf(deps, users.ann)).toEqual([])
})

test('a deactivated user with a forced login cannot change the password and gets no password error', async () => {
  const { anns } = await annForced()
  for (const password of [ann.password, 'a wrong one']) {
    const { status, html } = await anns.post('/settings/password', { password, new_password: 'five boxing wizards' })
    expect([status, html.includes('not your current password')]).toEqual([403, false])
  }
  expect(await anns.get('/profile')).toMatchObject(OPEN)
})

test('a forced login of a deactivated user remembers no device', async () => {
  const { set, deps, events } = await annForced()
  expect(set.join()).not.toContain('remember=')
  expect(await deps.db.selectFrom('remember_series').selectAll().execute()).toEqual([])
  expect(events.at(-1)).toMatchObject({ kind: 'logged-in', remembered: false })
})

test('a forced login of an active user can be remembered', async () => {
  const { anns } = await siteWithLoginProbe({ force: true, remember: true })
  expect((await anns.post('/log-in')).set.join()).toContain('remember=')
})
