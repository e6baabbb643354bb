import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import { createApiToken, revokeApiToken } from '@/model/api-tokens/api-tokens'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { changeRole } from '@/model/users/roles'
import { signupTest } from '../support/features'
import { ann, annAndEve, annLoggedIn, annRemembered } from '../support/people'
import { ID, eventsDuring } from '../support/emitted-events'
import { makeToken } from '../support/tokens'

signupTest('a sign-up and a login emit one event each, and a repeated sign-up emits none', async () => {
  const site = await annAndEve()
  const visitor = site.browser()
  const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }
  const [event] = await eventsDuring(site, () => visitor.post('/signup', zoe))
  const { id: userId } = await site.deps.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', zoe.email)
    .executeTakeFirstOrThrow()
  expect(event).toEqual({ kind: 'signed-up', userId, role: 'user', by: userId })
  expect(await eventsDuring(site, () => visitor.post('/signup', zoe))).toEqual([])
  for (const remember of ['', 'yes']) {
    const anns = site.browser()
    const own = { userId: site.users.ann.id, sessionId: ID }
    const loggedIn = { kind: 'logged-in', ...own, remembered: remember === 'yes', amr: 'password' }
    expect(await eventsDuring(site, () => anns.post('/login', { ...ann, remember }))).toEqual([loggedIn])
    expect(await eventsDuring(site, () => anns.post('/login', { ...ann, remember }))).toEqual([
      { kind: 'session-ended', ...own, reason: 'logout' },
      loggedIn,
    ])
  }
})

test('a failed login emits an event with its reason, and the response does not contain the reason', async () => {
  const site = await annAndEve()
  const attempt = (fields: Partial<typeof ann>) =>
    eventsDuring(site, async () =>
      expect((await site.browser().post('/login', { ...ann, ...fields })).html).not.toMatch(
        /wrong-p|unknown-e|deactivated/,
      ),
    )
  const userId = site.users.ann.id
  expect(await attempt({ password: 'wrong' })).toEqual([{ kind: 'login-failed', reason: 'wrong-password', userId }])
  expect(await attempt({ email: 'abe@example.test' })).toEqual([
    { kind: 'login-failed', reason: 'unknown-email', userId: undefined },
  ])
  await deactivateUser(site.deps, site.users.ann, 'a test')
  expect(await attempt({})).toEqual([{ kind: 'login-failed', reason: 'deactivated', userId }])
})

test('a password change during a login emits a failed login', async () => {
  const site = await annAndEve()
  const loginFeature = new Elysia({ prefix: '/log-in' }).use(site.guards.anyone)
  const outdated = { ...site.users.ann, password_version: 0 }
  site.app.use(
    loginFeature.post('/', async ({ logIn, reply }) =>
      reply.text((await logIn(outdated, { method: 'password' })).kind),
    ),
  )
  expect(await eventsDuring(site, () => site.browser().post('/log-in'))).toEqual([
    { kind: 'login-failed', reason: 'user-changed', userId: site.users.ann.id },
  ])
})

test('a stale login, a reauthentication and a logout emit their events once', async () => {
  const site = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  const { annsBrowser, users, advance } = site
  advance(minutes(5))
  const session = { userId: users.ann.id, sessionId: ID }
  expect(await eventsDuring(site, () => annsBrowser.get('/settings/password'))).toEqual([
    { kind: 'reauth-required', ...session, path: '/settings/password' },
  ])
  expect(await eventsDuring(site, () => annsBrowser.post('/relogin', { password: ann.password }))).toEqual([
    { kind: 'reauthenticated', ...session, amr: 'password' },
  ])
  const logoutEvents = [
    { kind: 'session-ended', ...session, reason: 'logout' },
    { kind: 'logged-out', ...session },
  ]
  const tabs = [annsBrowser.copy(), annsBrowser.copy()]
  expect(await eventsDuring(site, () => Promise.all(tabs.map((tab) => tab.post('/logout'))))).toEqual(logoutEvents)
  expect(await eventsDuring(site, () => annsBrowser.post('/logout'))).toEqual([])
  expect(await eventsDuring(site, () => site.browser().post('/logout'))).toEqual([])
})

test('a restored session emits one event for all tabs, and a reused remember token emits a theft event', async () => {
  const site = await annRemembered()
  const { annsBrowser, users, advance } = site
  const attacker = annsBrowser.copy()
  const tabs = [annsBrowser, annsBrowser.copy(), annsBrowser.copy()]
  expect(await eventsDuring(site, () => Promise.all(tabs.map((tab) => tab.get('/profile'))))).toEqual([
    { kind: 'session-ended', userId: users.ann.id, sessionId: ID, reason: 'logout' }, // of the restarted browser
    { kind: 'session-restored', userId: users.ann.id, sessionId: ID },
  ])
  advance(minutes(5))
  await annsBrowser.get('/probe')
  const ended = { kind: 'session-ended', userId: users.ann.id, sessionId: ID, reason: 'theft' }
  expect(await eventsDuring(site, () => attacker.get('/probe'))).toEqual([
    ended,
    { kind: 'remember-token-reused', userId: users.ann.id, seriesId: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
  expect(await eventsDuring(site, () => attacker.get('/probe'))).toEqual([])
})

test('changes of roles, accounts and tokens emit one event each with the actor', async () => {
  const site = await annAndEve()
  const { deps, users, events } = site
  const userId = users.ann.id
  events.length = 0
  await changeRole(deps, users.ann, 'support', users.eve.id)
  await changeRole(deps, users.ann, 'support', users.eve.id)
  const made = await makeToken(deps, users.ann, { name: 'robot', scopes: [], lifetime: minutes(1) })
  const tokenId = made.token.id
  for (let i = 0; i < 2; i++) await revokeApiToken(deps, users.ann, tokenId)
  for (let i = 0; i < 2; i++) await deactivateUser(deps, users.ann, 'a test')
  for (let i = 0; i < 2; i++) await activateUser(deps, users.ann, 'a test')
  expect(events).toEqual([
    { kind: 'role-changed', userId, from: 'user', to: 'support', by: users.eve.id },
    { kind: 'token-created', userId, tokenId },
    { kind: 'token-revoked', userId, tokenId },
    { kind: 'user-deactivated', userId, by: 'a test' },
    { kind: 'user-activated', userId, by: 'a test' },
  ])
})

test('a password change emits one event after the events of the ended sessions and revoked tokens', async () => {
  const site = await annLoggedIn()
  const { annsBrowser, browser, deps, users } = site
  await browser().post('/login', ann)
  await createApiToken(deps, users.ann, { name: 'robot', scopes: [], lifetime: minutes(10) })
  const userId = users.ann.id
  const change = (new_password: string) =>
    annsBrowser.post('/settings/password', { password: ann.password, new_password })
  expect(await eventsDuring(site, () => change('five boxing wizards'))).toEqual([
    { kind: 'session-ended', userId, sessionId: ID, reason: 'password' },
    { kind: 'token-revoked', userId, tokenId: ID },
    { kind: 'password-changed', userId, by: userId, how: 'form' },
    { kind: 'reauthenticated', userId, sessionId: ID, amr: 'password' },
  ])
  expect(await eventsDuring(site, () => change('seven humming llamas'))).toEqual([
    { kind: 'login-failed', reason: 'wrong-password', userId },
  ])
})
