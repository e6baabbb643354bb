import { expect, setDefaultTimeout, test } from 'bun:test'
import { Elysia } from 'elysia'
import { days, minutes, seconds } from '@/lib/duration'
import { raiseTheftAlert } from '@/model/sessions/theft-alert'
import { changeRole } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { mounted, tokenTest } from '../../support/features'
import type { Browser } from '../../support/browser'
import { dumpDatabase } from '../../support/dump-database'
import { changes, routesOf, at } from '../../support/every-route'
import { ann, annAndEve, annRemembered, eve } from '../../support/people'
import { annAsAdmin } from '../../support/roles'
import { makeToken } from '../../support/tokens'

setDefaultTimeout(60_000)

type Headers = Record<string, string>

const PREFETCH = { 'sec-purpose': 'prefetch' }

const HEADERS: Headers[] = [
  PREFETCH,
  { 'sec-purpose': 'prefetch;prerender' },
  { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-site': 'none' }, // a typed address
  { 'sec-purpose': 'prefetch;anonymous-client-ip' },
  { purpose: 'prefetch' },
  { purpose: 'Prefetch' },
  { 'x-moz': 'prefetch' },
  { 'x-purpose': 'preview' },
]

type Site = Awaited<ReturnType<typeof annAndEve>>

/** The answer to a speculative request, which changes nothing. */
async function speculate(site: Pick<Site, 'deps' | 'events'>, browser: Browser, path: string, headers: Headers) {
  const [rows, cookies, emitted] = [await dumpDatabase(site), [...browser.jar], site.events.length]
  const answer = await browser.get(path, headers)
  expect(answer.set).toEqual([])
  expect(await dumpDatabase(site)).toEqual(rows)
  expect([[...browser.jar], site.events.slice(emitted)]).toEqual([cookies, []])
  return answer
}

async function expectRefused(site: Pick<Site, 'deps' | 'events'>, browser: Browser, path = '/profile') {
  for (const headers of HEADERS) {
    const { status, to, headers: answered, html } = await speculate(site, browser, path, headers)
    expect([headers, status, to, answered.get('retry-after')]).toEqual([headers, 503, null, null])
    expect(answered.get('cache-control')).toBe('no-store')
    expect(answered.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(html).toBe('This page cannot be loaded in advance.\n')
  }
}

test('a prefetch for a remembered device is refused on every page, and the navigation restores the session', async () => {
  const site = await annRemembered()
  for (const path of ['/profile', '/', '/probe', '/login', '/settings/password'])
    await expectRefused(site, site.annsBrowser, path)
  expect((await site.annsBrowser.get('/profile')).html).toContain('Welcome, Ann!')
})

test('a prefetch that a guard denies is refused, and the navigation gets the flash message', async () => {
  const site = await annAndEve()
  const [visitor, stale] = [site.browser(), await site.as(ann, { fresh: false })]
  await expectRefused(site, visitor)
  await expectRefused(site, visitor, '/relogin')
  await expectRefused(site, stale, '/settings/password')
  expect(await visitor.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
  expect(visitor.jar.get('flash')).toBe('login-required')
  expect((await stale.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
})

test.each(['timed out', 'revoked', 'copied', 'deactivated'])(
  'a prefetch in a session that was %s is refused',
  async (end) => {
    const site = await annAndEve()
    const browser = await site.as(ann)
    const sessions = site.deps.db.updateTable('sessions')
    if (end === 'timed out') site.advance(minutes(5))
    if (end === 'revoked') await sessions.set({ ended_at: site.deps.now(), ended_reason: 'revoked' }).execute()
    if (end === 'copied') await sessions.set({ ended_at: site.deps.now(), ended_reason: 'theft' }).execute()
    if (end === 'deactivated')
      await site.deps.db
        .updateTable('users')
        .set({ deactivated_at: site.deps.now() })
        .where('email', '=', ann.email)
        .execute()
    await expectRefused(site, browser)
    await expectRefused(site, browser, '/')
  },
)

test('a prefetch consumes neither a flash message nor a security alert, and the navigation shows both', async () => {
  const site = await annAndEve()
  const browser = await site.as(ann)
  await browser.post('/profile', { name: 'Ann Lee' })
  await expectRefused(site, browser)
  await expectRefused(site, browser, '/nowhere')
  await raiseTheftAlert(site.deps, site.users.ann)
  browser.jar.delete('flash')
  await expectRefused(site, browser, '/dashboard')
  expect((await browser.get('/dashboard')).html).toContain('Someone may have copied your remembered login.')
})

test('a prefetch rotates no session token and leaves a changed client to the navigation', async () => {
  const site = await annAndEve()
  const browser = await site.as(ann)
  await changeRole(site.deps, site.users.ann, 'support', 'command line')
  await expectRefused(site, browser)
  await browser.get('/profile')
  expect((await speculate(site, browser, '/profile', PREFETCH)).status).toBe(200)
  await expectRefused(site, browser.copy('Other browser'))
})

test('a prefetch is refused if findUser does not return the user', async () => {
  let isGone = false
  const auth: AuthOptions = { findUser: async (id, deps) => (isGone ? undefined : findUser(deps, id)) }
  const site = await annAndEve({}, auth)
  const browser = await site.as(ann, { remembered: true })
  expect((await speculate(site, browser, '/profile', PREFETCH)).status).toBe(200)
  isGone = true
  await expectRefused(site, browser)
  expect((await browser.get('/profile')).to).toBe('/login?next=%2Fprofile')
})

test('a prefetch is refused while a saved request waits', async () => {
  const site = await annAndEve()
  const browser = await site.as(ann)
  site.advance(minutes(5))
  await browser.post('/profile', { name: 'Ann Lee' })
  await browser.post('/relogin', { password: ann.password })
  browser.jar.delete('flash')
  await expectRefused(site, browser, '/login')
  await expectRefused(site, browser, '/resume')
  expect((await browser.get('/resume')).html).toContain('Ann Lee')
})

test('the public page of a visitor and a page of an active session are loaded in advance', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann, { remembered: true })
  site.advance(minutes(4))
  for (const headers of HEADERS) {
    for (const path of mounted(site, ['/', '/login', '/signup', '/probe', '/api/docs']))
      expect([path, (await speculate(site, site.browser(), path, headers)).status]).toEqual([path, 200])
    const { html } = await speculate(site, anns, '/profile', headers)
    expect(html).toContain('Welcome, Ann!')
    expect(html).toContain('data-idle="60"')
    expect(await speculate(site, anns, '/login', headers)).toMatchObject({ status: 303, to: '/profile' })
  }
  site.advance(minutes(1))
  await expectRefused(site, anns) // no prefetch extended the session
})

tokenTest('a prefetch never changes data: by another method, with a token, or by a handler of the app', async () => {
  const site = await annAndEve()
  const { deps, users, guards, app } = site
  app.use(
    new Elysia({ prefix: '/link' })
      .use(guards.anyone)
      .get('/in', async ({ logIn, reply }) =>
        reply.redirect((await logIn(users.ann, { method: 'password' })).kind === 'logged-in' ? '/profile' : '/'),
      )
      .get('/out', async ({ logOut, reply }) => logOut().then(() => reply.redirect('/')))
      .get('/message', ({ reply }) => reply.redirect('/', 'profile-saved')),
  )
  const anns = await site.as(ann, { remembered: true })
  for (const path of ['/link/in', '/link/out', '/link/message']) await expectRefused(site, anns, path)
  const rows = await dumpDatabase(site)
  for (const path of ['/logout', '/profile', '/settings/tokens'])
    expect(await anns.post(path, { name: 'x' }, PREFETCH)).toMatchObject({ status: 503, set: [] })
  expect(await site.browser().post('/login', ann, PREFETCH)).toMatchObject({ status: 503, set: [] })
  expect(await dumpDatabase(site)).toEqual(rows)
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: days(1) })
  const headers = { ...PREFETCH, authorization: `Bearer ${text}` }
  expect((await speculate(site, site.browser(), '/api/me', headers)).status).toBe(503)
})

test('a prefetch of any page by anyone changes nothing', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const remembered = await site.as(eve, { remembered: true })
  remembered.close()
  const withFlash = await site.as(ann, { remembered: true })
  withFlash.keep('flash', 'logged-in')
  const stale = await site.as(ann, { fresh: false })
  site.advance(seconds(30))
  const rows = await dumpDatabase(site)
  for (const route of routesOf(site.app).filter((one) => !changes(one))) {
    if (route.path === '/session/stream') continue // a background request of a page
    const path = at(route, site.users.eve.id)
    for (const browser of [site.browser(), site.anns, site.eves, stale, remembered, withFlash]) {
      const before = [[...browser.jar], [...site.events]]
      const { status, set } = await browser.get(path, PREFETCH)
      expect([200, 204, 303, 403, 404, 409, 410, 503]).toContain(status)
      expect([path, set, [[...browser.jar], site.events]]).toEqual([path, [], before])
    }
    expect([path, await dumpDatabase(site)]).toEqual([path, rows]) // a dump per request takes PostgreSQL half a minute
  }
})
