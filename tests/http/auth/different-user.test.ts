import { expect, setDefaultTimeout, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { Elysia, t } from 'elysia'
import { at, changes, filled, routesOf } from '../../support/every-route'
import { dumpDatabase } from '../../support/dump-database'
import { findFixture } from '../../support/fixtures'
import { annsProgram } from '../../support/api'
import { ann, annAndEve, annLoggedIn, eve } from '../../support/people'
import { annAsAdmin } from '../../support/roles'

setDefaultTimeout(60_000)

/** The header that the script sends from a page of this user. */
const fromPageOf = ({ id }: { id: string }) => ({
  'hx-request': 'true',
  'hx-request-type': 'partial',
  'x-session-user': id,
})

test('a page of one user changes nothing in the session of another user', async () => {
  const { annsBrowser, users, deps } = await annLoggedIn()
  await annsBrowser.post('/logout')
  await annsBrowser.post('/login', eve) // in another tab
  const answer = await annsBrowser.post('/profile', { name: 'Ann Lee' }, fromPageOf(users.ann))
  expect(answer.status).toBe(409)
  expect(answer.html).toContain('Another user is logged in')
  const names = await deps.db.selectFrom('users').select('name').orderBy('email').execute()
  expect(names).toEqual([{ name: 'Ann' }, { name: 'Eve' }])
})

test('a re-login on the page of one user rejects the password of another user', async () => {
  const { annsBrowser, users, advance } = await annLoggedIn()
  await annsBrowser.post('/logout')
  await annsBrowser.post('/login', eve)
  expect((await annsBrowser.post('/relogin', { password: 'x' }, fromPageOf(users.ann))).status).toBe(409)
  advance(minutes(5))
  expect((await annsBrowser.post('/relogin', { password: eve.password }, fromPageOf(users.ann))).status).toBe(409)
  expect((await annsBrowser.get('/relogin', fromPageOf(users.ann))).status).toBe(409)
  expect((await annsBrowser.post('/relogin', { password: eve.password }, fromPageOf(users.eve))).status).toBe(204)
})

test('a page of the current user works as usual', async () => {
  const { annsBrowser, users } = await annLoggedIn()
  expect((await annsBrowser.post('/profile', { name: ann.name }, fromPageOf(users.ann))).status).toBe(204)
})

/** The action and the hidden fields of each form of a page that posts. */
function formsOf(html: string) {
  const forms: { action: string; fields: Record<string, string> }[] = []
  const rewriter = new HTMLRewriter()
    .on('form[method=post]', {
      element: (form) => void forms.push({ action: form.getAttribute('action') ?? '', fields: {} }),
    })
    .on('form[method=post] input[type=hidden]', {
      element(input) {
        const fields = forms.at(-1)?.fields ?? {}
        fields[input.getAttribute('name') ?? ''] = input.getAttribute('value') ?? ''
      },
    })
  rewriter.transform(html)
  return forms
}

test('every form of every page names the user of the page', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const { users, pageOf } = site
  const [stale, ended] = [await site.as(ann, { fresh: false }), await site.as(eve)]
  const paths = routesOf(site.app).flatMap((route) =>
    changes(route) || route.path.includes('stream') ? [] : at(route),
  )
  const found = new Set<string>()
  const expectNamed = (html: string, userId: string) => {
    for (const { action, fields } of formsOf(html)) {
      found.add(action)
      expect([action, fields.page_user]).toEqual([action, userId])
    }
  }
  await site.anns.post('/settings/tokens', { name: 'robot', scopes: 'profile:read' })
  for (const path of [...paths, pageOf('eve'), '/nowhere'])
    for (const browser of [site.anns, stale])
      for (const { html, headers } of [await browser.get(path), await browser.getHtmx(path)])
        if (headers.get('content-type')?.startsWith('text/html')) expectNamed(html, users.ann.id)
  const dialog = { 'hx-request': 'true', 'hx-request-type': 'partial', 'hx-target': 'dialog#relogin-dialog' }
  expectNamed((await stale.get('/relogin', dialog)).html, users.ann.id)
  site.advance(minutes(5))
  expectNamed((await ended.get('/relogin', dialog)).html, users.eve.id)
  await ended.post('/profile', { name: 'Eve B.' })
  expectNamed((await ended.get('/relogin')).html, users.eve.id)
  await ended.post('/relogin', { password: eve.password })
  expectNamed((await ended.get('/resume')).html, users.eve.id)
  expect(found.size).toBeGreaterThan(10)
})

test('no page of a visitor names a user', async () => {
  const site = await annAndEve()
  const [visitor, ended] = [site.browser(), await site.as(ann)]
  site.advance(minutes(5))
  for (const browser of [visitor, ended])
    for (const path of ['/', '/login', '/signup', '/logout', '/nowhere'])
      expect((await browser.get(path)).html).not.toContain('page_user')
})

test('a form from a page of another user is a 409 for every route, and changes nothing', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const { users, anns } = site
  const routes = routesOf(site.app).filter(
    (route) => route.method === 'POST' && !/^\/(login(\/passkey)?|signup|forgot-password)$/.test(route.path),
  )
  const ids = new Map<string, string | undefined>()
  for (const { name } of routes) ids.set(name, await findFixture(name)?.row?.(site, users.ann))
  const before = await dumpDatabase(site)
  for (const route of routes)
    for (const page_user of [users.eve.id, '', 'x']) {
      const fields = { ...Object.fromEntries(filled(route)), ...findFixture(route.name)?.fields, page_user }
      const { status, set, html, to } = await anns.post(at(route, ids.get(route.name)), fields)
      expect([route.name, page_user, status, to, set]).toEqual([route.name, page_user, 409, null, []])
      expect(html).toContain('Another user is logged in')
      expect(html).toContain('You are now logged in as Ann.')
    }
  expect(await dumpDatabase(site)).toEqual(before)
})

test('the error page says who is logged in and links to the page of the form', async () => {
  const site = await annAndEve()
  const eves = await site.as(eve)
  const send = (referer?: string) =>
    eves.post('/profile', { name: 'x', page_user: site.users.ann.id }, referer === undefined ? {} : { referer })
  const { html } = await send('http://localhost/dashboard?a=1&b=2#x')
  expect(html).toContain('<h1>Another user is logged in</h1>')
  expect(html).toContain(
    '<p>The page belongs to a different user. Nothing was changed. You are now logged in as Eve.</p>',
  )
  expect(html).toContain('<a href="/dashboard?a=1&amp;b=2" class="button">Reload the page</a>')
  expect(html).not.toContain(ann.name)
  for (const referer of [
    undefined,
    '',
    'x',
    'https://evil.test/dashboard',
    'http://localhost//evil.test/',
    'http://localhost/login',
  ])
    expect((await send(referer)).html).not.toContain('Reload the page')
})

test('a form of a page whose session has ended belongs to the user of the page', async () => {
  const site = await annLoggedIn()
  const { annsBrowser, users, deps, advance } = site
  const [form = { fields: {} }] = formsOf((await annsBrowser.get('/profile')).html).filter(
    ({ action }) => action === '/profile',
  )
  const send = () => annsBrowser.post('/profile', { ...form.fields, name: 'Ann Lee' })
  const savedBy = async () =>
    (await deps.db.selectFrom('saved_requests').select('user_id').execute()).map((row) => row.user_id)
  advance(minutes(5))
  await annsBrowser.post('/login', eve) // in another tab
  expect((await send()).status).toBe(409)
  advance(minutes(5))
  const ofEnded = await send()
  expect(ofEnded).toMatchObject({ status: 409, set: [] })
  expect(ofEnded.html).toContain('Another user has logged in')
  expect(ofEnded.html).not.toMatch(/Eve|Ann/)
  expect(await savedBy()).toEqual([])
  await annsBrowser.post('/login', ann)
  expect(await send()).toMatchObject({ status: 303, to: '/profile' })
  advance(minutes(5))
  expect(await send()).toMatchObject({ status: 303, to: '/relogin' })
  expect(await savedBy()).toEqual([users.ann.id])
  await annsBrowser.post('/relogin', { password: ann.password })
  const { html } = await annsBrowser.get('/resume')
  expect(html).toContain('Ann Lee')
  expect(html).not.toContain('Page user')
  const [again = { fields: {} }] = formsOf(html).filter(({ action }) => action === '/resume')
  expect((await annsBrowser.post('/resume', again.fields)).to).toBe('/profile')
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann Lee!')
})

test('the logout button of another user is a 409, and without a session a logout stays harmless', async () => {
  const { annsBrowser, users } = await annLoggedIn()
  const [logout = { fields: {} }] = formsOf((await annsBrowser.get('/dashboard')).html)
  expect(logout.fields).toEqual({ page_user: users.ann.id })
  await annsBrowser.post('/logout', logout.fields)
  expect(await annsBrowser.post('/logout', logout.fields)).toMatchObject({ status: 303, to: '/' })
  await annsBrowser.post('/login', eve)
  expect((await annsBrowser.post('/logout', logout.fields)).status).toBe(409)
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Eve!')
})

test('a login form works in any session, and a re-login asks the user of its page only', async () => {
  const site = await annAndEve()
  const eves = await site.as(eve, { fresh: false })
  expect((await eves.post('/login', { ...ann, page_user: site.users.ann.id })).to).toBe('/profile')
  const stale = await site.as(eve, { fresh: false })
  const failures = async () => (await dumpDatabase(site)).login_failures
  const relogin = (page_user: string) => stale.post('/relogin', { password: ann.password, page_user })
  expect((await relogin(site.users.ann.id)).status).toBe(409)
  expect(await failures()).toEqual([])
  expect((await relogin(site.users.eve.id)).status).toBe(422)
})

test('a handler never receives the user of the page, and a program may leave it out', async () => {
  const site = await annAndEve()
  const { guards, users } = site
  const shop = new Elysia({ prefix: '/shop' })
    .use(guards.loginRequired)
    .post('/', ({ body, reply }) => reply.json(body))
    .post('/strict', ({ body, reply }) => reply.json(body), {
      body: t.Object({ name: t.String() }, { additionalProperties: false }),
    })
  site.app.use(shop)
  const anns = await site.as(ann)
  const sent: Record<string, string>[] = [{ name: 'x' }, { name: 'x', page_user: users.ann.id }]
  for (const path of ['/shop', '/shop/strict'])
    for (const fields of sent) expect((await anns.post(path, fields)).html).toBe('{"name":"x"}')
  const { program, annsBrowser } = await annsProgram()
  expect((await program('PATCH', '/api/me', { name: 'Ann B.', page_user: 'x' })).status).toBe(200)
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
  const asForm = { method: 'PATCH', body: 'name=Ann+C.&page_user=x', headers: form }
  expect((await annsBrowser.ask('/api/me', asForm)).status).toBe(409)
})
