import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { createUser } from '@/model/users/users'
import type { Answer } from '../support/browser'
import { matchesPath } from '@/http/request/route-table'
import { at, isDocument, isForm, isPublic, pathsIn, routesOf, type Route } from '../support/every-route'
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
  const site = await openSite({ MAIL_URL: 'mailbox:' })
  const userAgent = inHeader(text)
  const [user, phone, old] = [site.browser(userAgent), site.browser(userAgent), site.browser(userAgent)]
  const account = await createUser(site.deps, { email: EMAIL, name: text, password }, 'admin')
  if (!account) throw new Error('the email address is taken')
  for (const one of [user, phone, old]) await one.post('/login', { email: EMAIL, password, remember: text })
  await old.post('/logout')
  await old.post('/login', { email: EMAIL, password: text })
  const of = { site, user, account, text }
  const stored = await send(of, 'answer', text)
  const errors = await send(of, 'errors', `${text}\uFFFD`)
  return { ...stored, ...errors, ...(await shown(of)), ...(await interrupted(of)) }
}

type Of = {
  site: Awaited<ReturnType<typeof openSite>>
  user: ReturnType<Of['site']['browser']>
  account: { id: string }
  text: string
}

/** Sends every form with this text in all fields: as the user, and where a visitor may send it, as a visitor. */
async function send({ site: { app, browser }, user, account }: Of, what: 'answer' | 'errors', text: string) {
  const pages: Pages = {}
  // Once only, because more wrong passwords would delay the re-login.
  const isSent = ({ fields }: Route) => what === 'errors' || !fields.includes('password')
  for (const route of routesOf(app).filter((one) => isForm(one) && isSent(one))) {
    // Another text of `next` is refused before the form is read.
    const typed = Object.fromEntries(route.fields.map((name) => [name, name === 'next' ? '/profile' : text]))
    const sender = isPublic(route) ? browser() : user
    pages[`${what} at ${route.path}`] = await sender.post(at(route, account.id), typed)
    pages[`part of ${what} at ${route.path}`] = await sender.postHtmx(at(route, account.id), typed)
  }
  const refused = Object.entries(pages).filter(
    ([, { status }]) => ![200, 204, 303, 401, 404, 409, 410, 422].includes(status),
  )
  expect(refused.map(([name, { status }]) => [name, status])).toEqual([])
  return pages
}

/** Every route, and one page of each route that these link to, as a page and as a partial. */
async function shown({ site: { app }, user, account, text }: Of) {
  const pages: Pages = {}
  const made = { name: text, scopes: 'profile:read', expires_days: '9' }
  pages['the token that was made'] = await user.post('/settings/tokens', made)
  const routes = routesOf(app).filter(isDocument)
  const sought = encodeURIComponent(text)
  const asked = [`/admin/users?q=${sought}`, `/admin/users?after=${sought}`, `/probe?${sought}`, '/nowhere']
  const paths = routes.map((route) => [route.path, at(route, account.id)] as const)
  for (const [name, path] of [...paths, ...asked.map((path) => [path.replace(sought, '…'), path] as const)]) {
    pages[name] = await user.get(path)
    pages[`part of ${name}`] = await user.getHtmx(path)
  }
  const requested = new Set(paths.map(([, path]) => path)) // `/notes/new` is no link to `/notes/:id`
  const links = Object.values(pages).flatMap(({ html }) => pathsIn(html).filter((path) => !requested.has(path)))
  for (const { path } of routes.filter(({ path }) => path.includes(':'))) {
    const link = links.find((one) => matchesPath(path, one))
    if (link !== undefined) pages[`link to ${path}`] = await user.get(link)
  }
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

const [short, long] = [
  await pagesWith(PLAIN),
  await pagesWith(`${PLAIN} that are more than a name of sixty characters may have`),
]

/** For a text that forms accept or refuse alike. */
const plainLike = (text: string) => (text.length > 60 ? long : short)

test.each(MARKUP)('%s is shown as text on every page, wherever it was stored', async (text) => {
  const [pages, plain] = [await pagesWith(text), plainLike(text)]
  expect(Object.keys(pages)).toEqual(Object.keys(plain))
  for (const [name, { html, headers }] of Object.entries(pages)) {
    const type = headers.get('content-type')
    expect([name, type]).toEqual([name, plain[name]?.headers.get('content-type') ?? null])
    for (const [header, value] of headers) expect([name, header, value.includes(text)]).toEqual([name, header, false])
    if (type?.startsWith('text/html'))
      expect([name, ...shapeOf(html)]).toEqual([name, ...shapeOf(plain[name]?.html ?? '')])
  }
  for (const name of SAID) expect([name, decoded(pages[name]?.html ?? '').includes(text)]).toEqual([name, true])
  for (const name of ['/admin/users', '/settings/password', 'the password again'])
    expect([name, decoded(pages[name]?.html ?? '').includes(EMAIL)]).toEqual([name, true])
  for (const path of ['/api/me', '/api/tokens']) {
    expect(JSON.stringify(JSON.parse(pages[path]?.html ?? ''))).toContain(JSON.stringify(text))
    expect(pages[path]?.headers.get('x-content-type-options')).toBe('nosniff')
  }
})
