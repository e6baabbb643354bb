import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import { findUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../../support/people'
import { makeToken } from '../../support/tokens'

const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }
const onlyEve: AuthOptions['findUser'] = async (id, deps) => {
  const user = await findUser(deps, id)
  return user?.email === eve.email ? user : undefined
}
const OTHER = 'Another browser'

test('findUser of the app runs once per request', async () => {
  const ids: string[] = []
  const auth: AuthOptions = {
    findUser: async (id, deps) => {
      ids.push(id)
      const user = await findUser(deps, id)
      return user && { ...user, name: `Dr. ${user.name}` }
    },
  }
  const { annsBrowser, users, browser } = await annLoggedIn({}, auth)
  ids.length = 0
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Dr. Ann!')
  expect(ids).toEqual([users.ann.id])
  await browser().get('/probe')
  await annsBrowser.get('/healthz')
  expect(ids).toHaveLength(1)
})

test('a user that findUser does not return loses the session and the remembered device for good', async () => {
  for (const begin of [annLoggedIn, annRemembered]) {
    let isKnown = true
    const { annsBrowser, deps } = await begin(
      {},
      { findUser: async (id, deps) => (isKnown ? findUser(deps, id) : undefined) },
    )
    await annsBrowser.get('/profile')
    const kept = annsBrowser.copy()
    isKnown = false
    expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
    expect([...annsBrowser.jar.keys()]).toEqual(['device', 'flash'])
    isKnown = true
    expect((await kept.get('/profile')).status).toBe(303)
    expect(await deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).execute()).toEqual([])
  }
})

test('a user that findUser does not return cannot log in and sees the usual login error', async () => {
  const { browser, deps, users, events } = await annAndEve({}, { findUser: onlyEve })
  const failed = await browser().post('/login', { ...ann, password: 'wrong' })
  const { status, html, set } = await browser().post('/login', { ...ann, remember: 'yes' })
  expect([status, set, html.replace(' checked', '')]).toEqual([422, [], failed.html])
  expect(await deps.db.selectFrom('sessions').selectAll().execute()).toEqual([])
  expect(events.at(-1)).toEqual({ kind: 'login-failed', reason: 'unknown-user', userId: users.ann.id })
  expect((await browser().post('/login', eve)).to).toBe('/profile')
})

test('a user that findUser does not return cannot reauthenticate after the session expired', async () => {
  let isKnown = true
  const { annsBrowser, deps, advance } = await annLoggedIn(
    {},
    { findUser: async (id, deps) => (isKnown ? findUser(deps, id) : undefined) },
  )
  advance(minutes(5))
  await annsBrowser.get('/probe')
  isKnown = false
  expect((await annsBrowser.post('/relogin', { password: ann.password })).set.join()).not.toContain('session=')
  expect(await deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).execute()).toEqual([])
})

test('an error page shows no user when findUser returns none or throws', async () => {
  for (const answer of [async () => undefined, () => Promise.reject(new Error('the directory is down'))]) {
    let isKnown = true
    const { annsBrowser } = await annLoggedIn(
      {},
      { findUser: async (id, deps) => (isKnown ? findUser(deps, id) : answer()) },
    )
    expect((await annsBrowser.get('/nowhere')).html).toContain('Logout')
    isKnown = false
    const { status, html } = await annsBrowser.get('/nowhere')
    expect([status, html.includes('Logout'), html.includes('Login')]).toEqual([404, false, true])
    isKnown = true
    expect((await annsBrowser.get('/nowhere')).html).toContain('Logout')
  }
})

test('findUser that returns another user or throws is an internal error and grants no access', async () => {
  const { users } = await annAndEve()
  const finders: AuthOptions['findUser'][] = [
    async () => users.eve,
    async () => {
      throw new Error('the directory is down')
    },
  ]
  for (const findAnother of finders) {
    let isBroken = false
    const find: AuthOptions['findUser'] = async (id, deps) => (isBroken ? findAnother?.(id, deps) : findUser(deps, id))
    const { annsBrowser, deps, users } = await annLoggedIn({}, { findUser: find })
    const made = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: 1000 })
    isBroken = true
    const { status, html } = await annsBrowser.get('/profile')
    expect([status, html.includes('Welcome')]).toEqual([500, false])
    const { status: byToken } = await annsBrowser.get('/api/me', { authorization: `Bearer ${made.text}` })
    expect(byToken).toBe(500)
    expect(takeLoggedErrors()).toHaveLength(2)
    isBroken = false
    expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann!')
  }
})

test('deleting a user ends the sessions, and the cookie of a deleted user stays but does not authenticate', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  await deps.db.deleteFrom('users').where('id', '=', users.ann.id).execute()
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  expect(await deps.db.selectFrom('sessions').selectAll().execute()).toEqual([])
  // A late response that clears the cookie would delete the cookie of a new login in another tab.
  expect(annsBrowser.jar.has('session')).toBe(true)
  expect((await annsBrowser.get('/probe')).html).toContain('You are not logged in!')
})

const claims: Record<string, unknown> = {
  isAnonymous: false,
  isAuthenticated: true,
  is_authenticated: true,
  isFresh: true,
  role: 'admin',
  currentUser: { ...ann, id: 'ann', role: 'admin' },
  session: { id: 'x', reauthenticated_at: Date.now() },
  token: { id: 'x', scopes: ['profile:read'] },
  can: () => true,
}

test('anonymousData can be any value and never counts as a user', async () => {
  const site = await annAndEve({}, { anonymousData: () => claims })
  const who = new Elysia({ prefix: '/who' }).use(site.guards.anyone)
  site.app.use(
    who.get('/', ({ currentUser, session, token, isFresh, visitor, can, reply }) =>
      reply.json({ currentUser, session, token, isFresh, can: can('profile:read'), visitor }),
    ),
  )
  for (const name of ['permissionRequired', 'freshPermissionRequired'] as const)
    site.app.use(new Elysia().use(site.guards[name]('profile:read')).get(`/${name}`, ({ reply }) => reply.text('in')))
  const visitor = site.browser()
  expect(JSON.parse((await visitor.get('/who')).html)).toMatchObject({
    isFresh: false,
    can: false,
    visitor: { role: 'admin', isAnonymous: true },
  })
  expect(JSON.parse((await visitor.get('/who')).html)).not.toHaveProperty('currentUser')
  for (const path of [
    '/profile',
    '/dashboard',
    '/settings',
    '/settings/password',
    '/permissionRequired',
    '/freshPermissionRequired',
  ])
    expect([path, (await visitor.get(path)).to]).toEqual([path, `/login?next=${encodeURIComponent(path)}`])
  expect((await visitor.get('/api/me')).status).toBe(401)
  expect((await visitor.get('/probe')).html).toContain('You are not logged in!')
  expect((await visitor.post('/profile', { name: 'Mallory' })).to).toBe('/login')
})

test('a logged-in user gets no anonymous data', async () => {
  let asked = 0
  const { annsBrowser } = await annLoggedIn({}, { anonymousData: () => ({ count: ++asked }) })
  asked = 0
  for (const path of ['/probe', '/profile', '/login']) await annsBrowser.get(path)
  expect(asked).toBe(0)
})

test('an app can define the client fingerprint', async () => {
  const fingerprint = (request: Request) => request.headers.get('accept-language') ?? ''
  const { annsBrowser, browser } = await annAndEve({}, { fingerprint, protection: 'strong' }).then((site) => ({
    ...site,
    annsBrowser: site.browser(),
  }))
  await annsBrowser.post('/login', ann, { 'accept-language': 'de' })
  expect((await annsBrowser.copy(OTHER).get('/profile', { 'accept-language': 'de' })).status).toBe(200)
  expect(await annsBrowser.get('/profile', { 'accept-language': 'fr' })).toMatchObject(LOGGED_OUT)
  expect((await browser().post('/login', eve, { 'accept-language': 'fr' })).status).toBe(303)
})

test('a forwarded IP address is not part of the fingerprint', async () => {
  const { annsBrowser } = await annLoggedIn({ SESSION_PROTECTION: 'strong' })
  const claim = { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' }
  expect((await annsBrowser.get('/profile', claim)).status).toBe(200)
})

test('strong protection applies to sessions only and removes no remembered device', async () => {
  const { annsBrowser } = await annRemembered({}, { protection: 'strong' })
  annsBrowser.jar.set('flash', 'logged-out')
  const updated = annsBrowser.copy(OTHER)
  for (let i = 0; i < 3; i++) expect((await updated.get('/profile')).status).toBe(200)
})
