import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { findUserByEmail } from '@/model/users/user-list'
import { changeRole } from '@/model/users/roles'
import type { Answer } from '../support/browser'
import { at } from '../support/every-route'
import { decoded, MARKUP, shapeOf } from '../support/markup'
import { openSite } from '../support/site'

const EMAIL = "o'&lt{{7*7}}${7*7}`@example.test"
const password = 'a hat too many'
const PLAIN = 'some plain words'

/** Headers are ASCII. */
const inHeader = (text: string) => (/^[\x20-\x7e]+$/.test(text) ? text : PLAIN)

type Pages = Record<string, Answer>

/** Stores this text in every field of a site and returns every page that shows it. */
async function pagesWith(text: string) {
  const site = await openSite()
  const userAgent = inHeader(text)
  const [user, phone, old] = [site.browser(userAgent), site.browser(userAgent), site.browser(userAgent)]
  expect((await user.post('/signup', { email: EMAIL, name: text, password })).status).toBe(303)
  const account = await findUserByEmail(site.deps, EMAIL)
  if (!account) throw new Error('the sign-up failed')
  await changeRole(site.deps, account, 'admin', 'command line')
  for (const one of [user, phone, old]) await one.post('/login', { email: EMAIL, password, remember: text })
  await old.post('/logout')
  await old.post('/login', { email: EMAIL, password: text })
  const of = { site, user, account, text }
  return { ...(await shown(of)), ...(await refused(of)), ...(await interrupted(of)) }
}

type Of = {
  site: Awaited<ReturnType<typeof openSite>>
  user: ReturnType<Of['site']['browser']>
  account: { id: string }
  text: string
}

/** Every route, as a page and as a partial. */
async function shown({ site: { app }, user, account, text }: Of) {
  const pages: Pages = {}
  const made = { name: text, scopes: 'profile:read', expires_days: '9' }
  pages['the token that was made'] = await user.post('/settings/tokens', made)
  const isPage = ({ method, path }: { method: string; path: string }) =>
    method === 'GET' && !/assets|favicon|stream/.test(path)
  const paths = app.routes.filter(isPage).map(({ path }) => at({ path }, account.id).replace(/(?<=.)\/$/, ''))
  const sought = encodeURIComponent(text)
  const asked = [`/admin/users?q=${sought}`, `/admin/users?after=${sought}`]
  for (const path of [...paths, ...asked, `/probe?${sought}`, '/nowhere']) {
    const name = path.replace(sought, '…').replace(account.id, ':id')
    pages[name] = await user.get(path)
    pages[`part of ${name}`] = await user.getHtmx(path)
  }
  return pages
}

/** Forms that return with an error and the typed text. */
async function refused({ site: { browser }, user, account, text }: Of) {
  const pages: Pages = {}
  const typed = {
    name: `${text}\uFFFD`,
    scopes: text,
    expires_days: text,
    role: text,
    password: text,
    new_password: text,
  }
  const role = `/admin/users/${account.id}/role`
  for (const path of ['/profile', '/settings/tokens', '/settings/password', role]) {
    const name = `errors at ${path.replace(account.id, ':id')}`
    pages[name] = await user.post(path, typed)
    pages[`part of ${name}`] = await user.postHtmx(path, typed)
  }
  for (const path of ['/signup', '/login'])
    pages[`errors at ${path}`] = await browser().post(path, { ...typed, email: text })
  for (const page of Object.values(pages)) expect(page.status).toBe(422)
  return pages
}

/** The pages for a saved request and for the re-login. */
async function interrupted({ site: { advance }, user, account, text }: Of) {
  user.jar.delete('remember')
  advance(minutes(5))
  await user.post(`/profile?${encodeURIComponent(text)}`, { name: text, [text]: text, password: text })
  const inPlace = { 'hx-request': 'true', 'x-session-user': account.id, 'hx-target': 'article#relogin-form' }
  const pages: Pages = {
    'the password again': await user.get('/relogin'),
    'the password again, over the page': await user.get('/relogin', inPlace),
    'a wrong password': await user.post('/relogin', { password: text, next: '/profile' }),
  }
  await user.post('/relogin', { password })
  pages['what waits'] = await user.get('/resume')
  return pages
}

/** Pages that must show the text; proves that the test checks anything. */
const SAID = [
  '/profile',
  '/',
  '/probe',
  '/admin/users',
  '/admin/users/:id',
  'the token that was made',
  '/settings/tokens',
  '/settings/activity',
  'errors at /signup',
  'errors at /profile',
  'the password again',
  'what waits',
]

const plain = await pagesWith(PLAIN)

test.each(MARKUP)('%s is shown as text on every page, wherever it was stored', async (text) => {
  const pages = await pagesWith(text)
  expect(Object.keys(pages)).toEqual(Object.keys(plain))
  for (const [name, { html, headers }] of Object.entries(pages)) {
    const type = headers.get('content-type')
    expect([name, type]).toEqual([name, plain[name]?.headers.get('content-type') ?? null])
    for (const [header, value] of headers) expect([name, header, value.includes(text)]).toEqual([name, header, false])
    if (type?.startsWith('text/html'))
      expect([name, ...shapeOf(html)]).toEqual([name, ...shapeOf(plain[name]?.html ?? '')])
  }
  for (const name of SAID) expect([name, decoded(pages[name]?.html ?? '').includes(text)]).toEqual([name, true])
  for (const name of ['/dashboard', '/admin/users', '/settings/password', 'the password again'])
    expect([name, decoded(pages[name]?.html ?? '').includes(EMAIL)]).toEqual([name, true])
  for (const path of ['/api/me', '/api/tokens']) {
    expect(JSON.stringify(JSON.parse(pages[path]?.html ?? ''))).toContain(JSON.stringify(text))
    expect(pages[path]?.headers.get('x-content-type-options')).toBe('nosniff')
  }
})
