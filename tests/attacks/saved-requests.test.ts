import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { findUser } from '@/model/users/users'
import { changeRole } from '@/model/users/roles'
import { deactivateUser } from '@/model/accounts/deactivate'
import { adminTest, tokenTest } from '../support/features'
import { annWithSavedRequest } from '../support/saved-request'
import { ann, annLoggedIn, eve } from '../support/people'

const AS_BEFORE = ['Ann', 'Eve']

tokenTest('twenty concurrent presses of the button have one effect', async () => {
  const { annsBrowser, back, deps } = await annWithSavedRequest(
    { name: 'backup', scopes: 'profile:read' },
    '/settings/tokens',
  )
  await back()
  const { id } = await deps.db.selectFrom('saved_requests').select('id').executeTakeFirstOrThrow()
  const sent = await Promise.all(
    Array.from({ length: 20 }, (_, i) => annsBrowser.copy().post('/resume', i % 2 ? { id } : {})),
  )
  expect(await deps.db.selectFrom('api_tokens').select('name').execute()).toEqual([{ name: 'backup' }])
  expect(sent.filter(({ html }) => html.includes('id="new-token"'))).toHaveLength(1)
  expect(sent.filter(({ status, to }) => status === 303 && to === '/dashboard')).toHaveLength(19)
})

test('a sent request cannot be sent again, also with the previous cookies', async () => {
  const { annsBrowser, back, savedRequest, names } = await annWithSavedRequest()
  await back()
  const { id } = await savedRequest()
  const before = annsBrowser.copy()
  await annsBrowser.post('/resume', { id })
  await annsBrowser.post('/profile', { name: 'Ann' })
  for (const one of [annsBrowser, before])
    for (const savedRequest of ['', id]) await one.post('/resume', { id: savedRequest })
  expect(await names()).toEqual(AS_BEFORE)
})

test('another user cannot send a saved request with its id and its cookie', async () => {
  const { annsBrowser, as, savedRequest, savedRequests, names } = await annWithSavedRequest()
  const { id } = await savedRequest()
  const attacker = await as(eve)
  attacker.keep('saved', annsBrowser.jar.get('saved') ?? '')
  expect((await attacker.get('/resume')).to).toBe('/dashboard')
  for (const one of [attacker, await as(eve)])
    for (const path of ['/resume', '/resume/discard']) {
      expect(await one.post(path, { id })).toMatchObject({ status: 303, to: '/dashboard' })
      await one.post(path)
    }
  expect(await names()).toEqual(AS_BEFORE)
  expect(await savedRequests()).toHaveLength(1)
})

test('a visitor and the same user on another device cannot send a saved request', async () => {
  const { annsBrowser, as, savedRequest, names, savedRequests, browser } = await annWithSavedRequest()
  const { id } = await savedRequest()
  const visitor = browser()
  visitor.keep('saved', annsBrowser.jar.get('saved') ?? '')
  expect((await visitor.post('/resume', { id })).to).toBe('/login')
  const phone = await as(ann)
  await phone.post('/resume', { id })
  phone.keep('saved', 'x'.repeat(43))
  await phone.post('/resume', { id })
  expect([await names(), (await savedRequests()).length]).toEqual([AS_BEFORE, 1])
})

test('additional fields do not change the path or the content of a saved request', async () => {
  const { annsBrowser, back, savedRequest, names, deps } = await annWithSavedRequest()
  await back()
  const { id } = await savedRequest()
  const more = { path: '/settings/tokens', method: 'GET', name: 'Eve', action: '/x', fields: '[]', next: '/settings' }
  const answer = await annsBrowser.post(
    `/resume?${new URLSearchParams(more)}`,
    { id, ...more },
    { 'x-http-method-override': 'GET', 'x-original-url': '/settings/tokens', 'x-forwarded-host': 'evil.test' },
  )
  expect(answer).toMatchObject({ status: 303, to: '/profile' })
  expect(await names()).toEqual(['Ann Lee', 'Eve'])
  expect(await deps.db.selectFrom('api_tokens').select('id').execute()).toEqual([])
})

test('two ids count as none', async () => {
  const { annsBrowser, back, savedRequest, names } = await annWithSavedRequest()
  await back()
  const { id } = await savedRequest()
  const twice: [string, string][] = [
    ['id', id],
    ['id', id],
  ]
  expect((await annsBrowser.post('/resume', twice)).status).toBe(400)
  expect(await names()).toEqual(AS_BEFORE)
})

test('a saved request expires after exactly fifteen minutes', async () => {
  for (const [early, names] of [
    [1, ['Ann Lee', 'Eve']],
    [0, AS_BEFORE],
  ] as const) {
    const story = await annWithSavedRequest()
    const { id } = await story.savedRequest()
    story.advance(minutes(15) - early)
    await story.back()
    await story.annsBrowser.post('/resume', { id })
    expect(await story.names()).toEqual([...names])
  }
})

test.each<[string, Record<string, string>]>([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a neighbour', { 'sec-fetch-site': 'same-site' }],
  ['another site in an older browser', { 'sec-fetch-site': 'x', origin: 'https://evil.test' }],
  ['a sandbox', { 'sec-fetch-site': 'x', origin: 'null' }],
])('%s can neither send, discard nor create a saved request', async (_, headers) => {
  const { annsBrowser, back, savedRequest, savedRequests, names, advance } = await annWithSavedRequest()
  expect((await annsBrowser.post('/profile', { name: 'Eve’s choice' }, headers)).status).toBe(403)
  await back()
  const { id } = await savedRequest()
  for (const path of ['/resume', '/resume/discard'])
    expect((await annsBrowser.post(path, { id }, headers)).status).toBe(403)
  expect([await names(), (await savedRequests()).map((row) => row.id)]).toEqual([AS_BEFORE, [id]])
  advance(minutes(5))
  expect((await annsBrowser.post('/resume', { id }, headers)).status).toBe(403)
})

test('a GET request only shows a saved request', async () => {
  const { annsBrowser, back, savedRequest, savedRequests, names } = await annWithSavedRequest()
  await back()
  const { id } = await savedRequest()
  await annsBrowser.get(`/resume?id=${id}`, { 'sec-fetch-site': 'cross-site' })
  expect([await names(), (await savedRequests()).length]).toEqual([AS_BEFORE, 1])
})

test('a deactivated user cannot send a saved request and finds it again only before it expires', async () => {
  const { annsBrowser, back, deps, users, names } = await annWithSavedRequest()
  await back()
  await deactivateUser(deps, users.ann, 'command line')
  expect(await annsBrowser.post('/resume')).toMatchObject({ status: 303, to: '/login' })
  expect(await names()).toEqual(AS_BEFORE)
})

adminTest('a saved request is denied if the user has lost the permission', async () => {
  const site = await annWithSavedRequest()
  const { annsBrowser, deps, users, back, advance } = site
  await changeRole(deps, users.ann, 'admin', 'command line')
  await changeRole(deps, users.eve, 'admin', 'command line')
  await back()
  await annsBrowser.post('/resume/discard')
  advance(minutes(5))
  await annsBrowser.post(`/admin/users/${users.eve.id}/role`, { role: 'user' })
  await changeRole(deps, users.ann, 'user', 'command line')
  expect((await back()).to).toBe('/resume')
  expect((await annsBrowser.post('/resume')).status).toBe(403)
  const { role } = await deps.db
    .selectFrom('users')
    .select('role')
    .where('id', '=', users.eve.id)
    .executeTakeFirstOrThrow()
  expect(role).toBe('admin')
})

test('saved forms whose page is the page of saved forms cause no endless requests', async () => {
  let asked = 0
  const { annsBrowser, advance } = await annLoggedIn(undefined, {
    findUser: async (id, deps) => (++asked < 100 ? findUser(deps, id) : undefined), // or the test would never end
  })
  advance(minutes(5))
  for (const page of ['/resume', '/resume/', '/resume?a=1', '/resume/?a=1'])
    await annsBrowser.post('/profile', { name: 'Ann Lee' }, { referer: `http://localhost${page}` })
  await annsBrowser.post('/relogin', { password: ann.password })
  asked = 0
  expect((await annsBrowser.get('/resume')).html).toContain('<h2 dir="auto">Profile</h2>')
  expect(asked).toBe(5) // the page, and the page of each form
})
