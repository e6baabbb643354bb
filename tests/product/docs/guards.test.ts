import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { ann } from '../../support/people'
import { siteWith } from './examples'
import { addApp, turnOnTwoStep } from '../../support/second-factors'
import { makeToken } from '../../support/tokens'

// The examples for guards in the docs work as described.

const LONG = { SESSION_IDLE_SECONDS: '3600' }

test('anyone: every visitor passes, and a user is known by name', async () => {
  const { visitor, anns } = await siteWith('guard', 'anyone')
  expect((await visitor.get('/news')).html).toBe('News for everybody')
  expect((await anns.get('/news')).html).toBe('News for Ann')
})

test('guest: a visitor passes, and a user is redirected to next or to the profile', async () => {
  const { visitor, anns } = await siteWith('guard', 'guest')
  expect((await visitor.get('/invitation?next=/settings')).html).toBe('Log in at /login?next=%2Fsettings')
  expect((await visitor.get('/invitation?next=//evil.test')).status).toBe(400)
  expect((await anns.get('/invitation')).to).toBe('/profile')
  expect((await anns.get('/invitation?next=/settings')).to).toBe('/settings')
})

test('loginRequired: a user passes, a visitor goes to the login and an ended session to the re-login', async () => {
  const { visitor, anns, advance } = await siteWith('guard', 'loginRequired')
  expect((await anns.get('/notes')).html).toBe('The notes of Ann')
  expect(await visitor.get('/notes')).toMatchObject({ status: 303, to: '/login?next=%2Fnotes' })
  advance(minutes(5))
  expect((await anns.get('/notes')).to).toBe('/relogin?next=%2Fnotes')
})

test('freshLoginRequired: a user passes for five minutes after the password', async () => {
  const { visitor, anns, advance } = await siteWith('guard', 'freshLoginRequired', LONG)
  advance(minutes(5) - 1)
  expect((await anns.get('/vault')).html).toBe('The keys of Ann')
  advance(1)
  expect((await anns.get('/vault')).to).toBe('/relogin?next=%2Fvault')
  expect((await visitor.get('/vault')).to).toBe('/login?next=%2Fvault')
})

test('verifiedEmailRequired: a user with a confirmed address passes, and others go to the settings', async () => {
  const { visitor, anns, deps } = await siteWith('guard', 'verifiedEmailRequired', { MAIL_URL: 'mailbox:' })
  expect(await anns.get('/members')).toMatchObject({ status: 303, to: '/settings/email' })
  await deps.db.updateTable('users').set({ email_verified_at: deps.now() }).execute()
  expect((await anns.get('/members')).html).toBe('The mailbox of Ann is confirmed')
  expect((await visitor.get('/members')).to).toBe('/login?next=%2Fmembers')
})

test('secondStepPending: a visitor who proved the password passes for five minutes', async () => {
  const { visitor, anns, advance, ...site } = await siteWith('guard', 'secondStepPending')
  await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  for (const browser of [visitor, anns]) expect((await browser.get('/phone-lost')).to).toBe('/login')
  await visitor.post('/login', ann)
  advance(minutes(5) - 1)
  expect((await visitor.get('/phone-lost')).html).toBe('Your login began with password')
  advance(1)
  expect((await visitor.get('/phone-lost')).to).toBe('/login')
})

test('poll: a user passes without extending the session', async () => {
  const { anns, advance } = await siteWith('guard', 'poll')
  for (let i = 0; i < 4; i++) {
    expect((await anns.get('/bell')).html).toBe('Nothing new for Ann')
    advance(minutes(1))
  }
  advance(minutes(1))
  expect((await anns.get('/bell')).to).toBe('/relogin?next=%2Fbell')
})

test('reloginPending: a user whose password is required passes', async () => {
  const { visitor, anns, advance } = await siteWith('guard', 'reloginPending')
  expect((await anns.get('/confirm?next=/settings')).to).toBe('/settings')
  advance(minutes(5))
  expect((await anns.get('/confirm?next=/settings')).html).toBe('Ann, enter your password to open /settings')
  expect((await visitor.get('/confirm')).to).toBe('/login?next=%2Fprofile')
})

test('permissionRequired: a role with the permission passes, and others get 403', async () => {
  const { visitor, anns, eves, deps, users } = await siteWith('guard', 'permissionRequired')
  await changeRole(deps, users.ann, 'support', 'command line')
  expect((await anns.get('/people')).html).toBe('Staff page for Ann')
  expect((await eves.get('/people')).status).toBe(403)
  expect((await visitor.get('/people')).to).toBe('/login?next=%2Fpeople')
})

test('freshPermissionRequired: a role with the permission passes after a recent password', async () => {
  const { anns, eves, deps, users, advance } = await siteWith('guard', 'freshPermissionRequired', LONG)
  await changeRole(deps, users.ann, 'admin', 'command line')
  expect((await eves.post(`/deactivations/${users.ann.id}`)).status).toBe(403)
  expect((await anns.post(`/deactivations/${users.eve.id}`)).html).toBe('deactivated')
  expect((await anns.post(`/deactivations/${users.ann.id}`)).html).toBe('the last admin stays active')
  expect((await eves.get('/profile')).to).toBe('/login?next=%2Fprofile')
  advance(minutes(5))
  expect((await anns.post(`/deactivations/${users.eve.id}`)).to).toBe('/relogin')
})

test('noSession: every request passes, and the session is neither read nor extended', async () => {
  const { anns, visitor, advance } = await siteWith('guard', 'noSession')
  advance(minutes(4))
  for (const one of [anns, visitor]) expect((await one.get('/clock')).html).toBe('2030-01-01T12:04:00.000Z')
  advance(minutes(1))
  expect((await anns.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
})

test('a guard in the first line of a group protects the whole group and nothing else', async () => {
  const { visitor, anns, eves, deps, users } = await siteWith('group', '')
  await changeRole(deps, users.ann, 'support', 'command line')
  const tour = async (one: typeof anns) =>
    Promise.all(
      ['/reports', '/reports/latest', '/reports/all'].map(async (path) => (await one.copy().get(path)).status),
    )
  expect(await tour(visitor)).toEqual([303, 303, 303])
  expect(await tour(eves)).toEqual([200, 200, 403])
  expect(await tour(anns)).toEqual([200, 200, 200])
})

test('handlers: logIn accepts a duration and can start a stale session', async () => {
  const { visitor } = await siteWith('handler', 'logIn')
  expect((await visitor.post('/kiosk', { ...ann, password: 'wrong' })).html).toStartWith('Please check')
  const answer = await visitor.post('/kiosk', { ...ann, next: '/settings' })
  expect([answer.to, answer.set.join().includes('Max-Age=86400;')]).toEqual(['/settings', true])
  expect((await visitor.get('/profile')).html).toContain('Logged in successfully.')
  expect((await visitor.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
})

test('handlers: logOut and reauthenticate work as described', async () => {
  const { visitor, anns } = await siteWith('handler', 'logOut')
  for (const one of [anns, visitor]) expect((await one.post('/leave')).to).toBe('/')
  expect((await anns.get('/profile')).status).toBe(303)
  const { anns: stale, advance } = await siteWith('handler', 'reauthenticate')
  advance(minutes(5))
  expect((await stale.post('/confirm-password', { password: 'wrong' })).html).toBe('Wrong password.')
  expect((await stale.post('/confirm-password', { password: ann.password, next: '/settings/password' })).to).toBe(
    '/settings/password',
  )
  expect((await stale.get('/settings/password')).status).toBe(200)
})

test('handlers: requireLogin, requireFreshLogin, can, isFresh and isRemembered work as described', async () => {
  const { visitor, anns, advance } = await siteWith('handler', 'requireLogin', LONG)
  expect((await visitor.get('/album')).html).toBe('Pictures for everybody')
  expect((await visitor.get('/album/mine')).to).toBe('/login?next=%2Falbum%2Fmine')
  expect((await anns.get('/album/mine')).html).toBe('Pictures of Ann')
  expect((await anns.post('/album/delete')).html).toBe('Deleted by Ann')
  advance(minutes(5))
  expect((await anns.post('/album/delete')).to).toBe('/relogin')

  const tools = await siteWith('handler', 'can', LONG)
  expect(JSON.parse((await tools.anns.get('/tools')).html)).toEqual({ people: false, keys: true, device: 'shared' })
  tools.advance(minutes(5))
  await changeRole(tools.deps, tools.users.ann, 'support', 'command line')
  expect(JSON.parse((await tools.anns.get('/tools')).html)).toEqual({ people: true, keys: false, device: 'shared' })
})

test('an API token passes a guard by its scope and only below /api', async () => {
  const { visitor, deps, users } = await siteWith('guard', 'permissionRequired')
  const made = await makeToken(deps, users.ann, { name: 'robot', scopes: ['profile:read'], lifetime: minutes(5) })
  expect((await visitor.get('/people', { authorization: `Bearer ${made.text}` })).status).toBe(303)
})
