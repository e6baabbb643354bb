import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { createUser } from '@/model/users/users'
import { annAsAdmin } from '../support/roles'

/** The address of the link with this text. */
const linkIn = (html: string, text: string) =>
  new RegExp(`<a href="([^"]*)"[^>]*>${text}<`).exec(html)?.[1]?.replaceAll('&amp;', '&')

const namesIn = (html: string) =>
  [...html.matchAll(/<a href="\/admin\/users\/[\w-]+"><bdi>([^<]*)</g)].map(([, name]) => name)

test('admins and support see the users in the order of their addresses, and other users see a 403', async () => {
  const { anns, sues, eves, browser } = await annAsAdmin()
  for (const one of [anns, sues]) expect(namesIn((await one.get('/admin/users')).html)).toEqual(['Ann', 'Eve', 'Sue'])
  const { status, html } = await eves.get('/admin/users')
  expect(status).toBe(403)
  expect(html).toContain('Access denied')
  expect(namesIn(html)).toEqual([])
  expect(await browser().get('/admin/users')).toMatchObject({ status: 303, to: '/login?next=%2Fadmin%2Fusers' })
})

test('the menu shows the link to the users only to users with permission', async () => {
  const { anns, sues, eves } = await annAsAdmin()
  const link = '<a href="/admin/users">Users</a>'
  for (const path of ['/dashboard', '/settings', '/profile', '/settings/password']) {
    expect((await anns.get(path)).html).toContain(link)
    expect((await sues.get(path)).html).toContain(link)
    expect((await eves.get(path)).html).not.toContain('/admin')
  }
})

test('no other spelling of the path bypasses the guard', async () => {
  const { eves, pageOf } = await annAsAdmin()
  const paths = [
    '/admin',
    '/admin/',
    '/admin/users/',
    '/admin//users',
    '/Admin/users',
    '/admin%2Fusers',
    '/./admin/users',
  ]
  for (const path of [
    ...paths,
    '/x/../admin/users',
    '/admin;x/users',
    '/admin/users%20',
    '/admin/users?',
    '/admin/users.json',
    `${pageOf('ann')}/`,
  ])
    expect([path, (await eves.get(path)).status > 400]).toEqual([path, true])
})

test('a search finds parts of address and name, ignores case and treats every character literally', async () => {
  const { anns, deps } = await annAsAdmin()
  for (const [email, name] of [
    ['a_b@example.test', '100% Bob'],
    ['axb@example.test', String.raw`back\slash`],
    ['o@example.test', 'Émile Zola'],
  ] as const)
    await createUser(deps, { email, name, password: 'a fine long password' })
  const find = async (q: string) => namesIn((await anns.get(`/admin/users?${new URLSearchParams({ q })}`)).html)
  expect(await find('EVE@')).toEqual(['Eve'])
  expect(await find('su')).toEqual(['Sue'])
  expect(await find(' eve ')).toEqual(['Eve'])
  expect(await find('_b')).toEqual(['100% Bob'])
  expect(await find('%')).toEqual(['100% Bob'])
  expect(await find('\\')).toEqual([String.raw`back\slash`])
  for (const typed of ['Émile', 'émile', 'ÉMILE', 'zoLA']) expect(await find(typed)).toEqual(['Émile Zola'])
  expect(await find('E\u0301mile')).toEqual(['Émile Zola'])
  expect(await find("' or 1=1 --")).toEqual([])
  expect(await find('%'.repeat(5000))).toEqual([])
  expect(await find('ev\0e')).toEqual(['Eve'])
  expect((await anns.get('/admin/users?q=%00')).html).not.toContain('\0')
})

test('an empty result shows a message and keeps the query in its field', async () => {
  const { anns } = await annAsAdmin()
  const { html } = await anns.get('/admin/users?q=unknown%22')
  expect(html).toContain('No users found<')
  expect(html).toContain('value="unknown&quot;"')
})

test('pages have no gap and no repeat while users are added and removed', async () => {
  const { anns, deps } = await annAsAdmin()
  for (let i = 10; i < 50; i++)
    await createUser(deps, { email: `p${i}@example.test`, name: `p${i}`, password: 'a fine long password' })
  const seen: (string | undefined)[] = []
  let path: string | undefined = '/admin/users?q=example'
  while (path) {
    const { html } = await anns.get(path)
    seen.push(...namesIn(html))
    path = linkIn(html, 'Older')
    if (path) expect(path).toContain('q=example')
    if (seen.length === 25)
      await createUser(deps, { email: 'aa@example.test', name: 'behind', password: 'a fine long password' })
  }
  expect(seen).toEqual(['Ann', 'Eve', ...Array.from({ length: 40 }, (_, i) => `p${i + 10}`), 'Sue'])
})

test('a cursor of a deleted user starts at the first page', async () => {
  const { anns, users } = await annAsAdmin()
  const { html } = await anns.get('/admin/users?after=unknown')
  expect([namesIn(html), linkIn(html, 'Newer')]).toEqual([['Ann', 'Eve', 'Sue'], undefined])
  const later = (await anns.get(`/admin/users?after=${users.eve.id}`)).html
  expect(namesIn(later)).toEqual(['Sue'])
  expect(namesIn((await anns.get(linkIn(later, 'Newer') ?? '')).html)).toEqual(['Ann', 'Eve', 'Sue'])
})

test('a page shows twenty-five users and links to an older one only if it exists', async () => {
  const { anns, deps } = await annAsAdmin()
  for (const [fewest, isNext] of [
    [25, false],
    [26, true],
  ] as const) {
    for (let i = (await deps.db.selectFrom('users').select('id').execute()).length; i < fewest; i++)
      await createUser(deps, { email: `p${i}@example.test`, name: `p${i}`, password: 'a fine long password' })
    const { html } = await anns.get('/admin/users')
    expect([namesIn(html).length, linkIn(html, 'Older') !== undefined]).toEqual([25, isNext])
  }
})

test('a user page shows the account and its active sessions, but no secret', async () => {
  const { anns, pageOf } = await annAsAdmin()
  const { status, html } = await anns.get(pageOf('eve'))
  expect(status).toBe(200)
  for (const part of [
    '<h1><bdi>Eve</bdi></h1>',
    '<p><bdi>eve@example.test</bdi></p>',
    '<dt>Role</dt><dd><span class="muted">User</span></dd>',
    '<h2>Sessions <span class="count">1</span></h2>',
    '<b><bdi>“Test browser”</bdi></b>',
  ])
    expect(html.replace(/>\s+</g, '><')).toContain(part)
  expect(html).not.toMatch(/argon2|password_version|[0-9a-f]{64}/)
})

test('an unknown user returns 404 to readers and 403 to users without permission', async () => {
  const { anns, eves, pageOf } = await annAsAdmin()
  expect((await anns.get('/admin/users/unknown')).status).toBe(404)
  expect((await anns.post('/admin/users/unknown/deactivate')).status).toBe(404)
  expect((await eves.get('/admin/users/unknown')).html).toBe((await eves.get(pageOf('ann'))).html)
})

const changes = ['activate', 'unlock', 'deactivate', 'end-sessions', 'role']
const confirmations = ['deactivate', 'end-sessions']

test('support can read but not change: every change returns 403, and the page has no button', async () => {
  const { sues, eves, pageOf, events } = await annAsAdmin()
  expect((await sues.get(pageOf('eve'))).html).not.toContain(pageOf('eve'))
  events.length = 0
  for (const one of [sues, eves])
    for (const change of changes)
      expect((await one.post(`${pageOf('eve')}/${change}`, { role: 'admin' })).status).toBe(403)
  for (const one of [sues, eves])
    for (const page of confirmations) expect((await one.get(`${pageOf('eve')}/${page}`)).status).toBe(403)
  expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['access-denied']))
  expect((await eves.get('/profile')).status).toBe(200)
})

test('every change requires a fresh login, and the page says so beforehand', async () => {
  const { anns, pageOf, advance, events } = await annAsAdmin({ SESSION_IDLE_SECONDS: '3600' })
  advance(minutes(5) - 1)
  expect((await anns.get(pageOf('eve'))).html).toContain(`action="${pageOf('eve')}/role"`)
  advance(1)
  const { html } = await anns.get(pageOf('eve'))
  expect(html).not.toContain(`action="${pageOf('eve')}`)
  expect(html).toContain('password required')
  expect(html).toContain(`<a href="/relogin?next=${encodeURIComponent(pageOf('eve'))}"`)
  events.length = 0
  for (const change of changes)
    expect(await anns.post(`${pageOf('eve')}/${change}`, { role: 'admin' })).toMatchObject({
      status: 303,
      to: '/relogin',
    })
  expect(events.map(({ kind }) => kind)).toEqual(changes.map(() => 'reauth-required'))
  for (const page of confirmations) {
    const path = `${pageOf('eve')}/${page}`
    expect((await anns.get(path)).to).toBe(`/relogin?next=${encodeURIComponent(path)}`)
  }
})

test('filters and sort orders are links that keep the search and each other', async () => {
  const { anns, deps, users } = await annAsAdmin()
  await deactivateUser(deps, users.eve, 'a test')
  const names = async (path = '') => namesIn((await anns.get(path)).html)
  const { html } = await anns.get('/admin/users?q=example')
  expect(html).toContain('<h1>Users <span class="count">3</span></h1>')
  expect(html).toMatch(/<th scope="col" aria-sort="ascending"><a href="[^"]*">Email/)
  const deactivated = linkIn(html, 'Deactivated') ?? ''
  expect(await names(deactivated)).toEqual(['Eve'])
  expect(await names(linkIn(html, 'Support'))).toEqual(['Sue'])
  expect(await names(linkIn((await anns.get(deactivated)).html, 'Admin'))).toEqual([])
  expect(deactivated).toBe('/admin/users?q=example&state=deactivated')
  const byName = linkIn(html, 'Name') ?? ''
  const descending = linkIn((await anns.get(byName)).html, 'Name') ?? ''
  expect(await names(byName)).toEqual(['Ann', 'Eve', 'Sue'])
  expect(await names(descending)).toEqual(['Sue', 'Eve', 'Ann'])
  expect((await anns.get(descending)).html).toMatch(/<th scope="col" aria-sort="descending"><a href="[^"]*">Name/)
  expect((await anns.get(deactivated)).html).toContain('<input type="hidden" name="state" value="deactivated"/>')
})

test('unknown values of parameters are ignored', async () => {
  const { anns } = await annAsAdmin()
  for (const query of [
    'role=boss',
    'state=__proto__',
    'sort=password_hash',
    'before=x&after=y',
    'role=&state=&sort=',
  ]) {
    const { status, html } = await anns.get(`/admin/users?${query}`)
    expect([query, status, namesIn(html)]).toEqual([query, 200, ['Ann', 'Eve', 'Sue']])
  }
})

test('badges mark only users with a role or a state that is not usual', async () => {
  const { anns, deps, users } = await annAsAdmin()
  const badges = async () =>
    [...(await anns.get('/admin/users')).html.matchAll(/<span class="badge[^>]*>([^<]*)/g)].map(([, text]) => text)
  expect(await badges()).toEqual(['Admin', 'Support'])
  await deactivateUser(deps, users.eve, 'a test')
  expect(await badges()).toEqual(['Admin', 'Deactivated', 'Support'])
})

test('a page of 25 users has at most 10 KiB after compression', async () => {
  const { anns, deps } = await annAsAdmin()
  for (let i = 0; i < 25; i++)
    await createUser(deps, { email: `person.${i}@example.test`, name: `Person ${i}`, password: 'a fine long password' })
  const { html } = await anns.get('/admin/users')
  expect(namesIn(html)).toHaveLength(25)
  expect(Bun.gzipSync(html).length).toBeLessThan(10 * 1024)
})

test('a cross-site form cannot make an admin change a user', async () => {
  const { anns, pageOf } = await annAsAdmin()
  for (const change of changes)
    expect(
      (await anns.post(`${pageOf('eve')}/${change}`, { role: 'admin' }, { 'sec-fetch-site': 'cross-site' })).status,
    ).toBe(403)
})
