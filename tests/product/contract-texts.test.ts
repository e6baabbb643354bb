import { ownUserColumns } from '@db/schema'
import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import type { Answer, Browser } from '../support/browser'
import { ann, annAndEve, eve } from '../support/people'
import type { Site } from '../support/site'

// Texts, labels, statuses and cookies that users, password managers and programs rely on.

type Row = [what: string, ask: (site: Site) => Promise<Answer>, expected: Expected]
type Expected = { status: number; to?: string | null; says?: string | string[]; headers?: Record<string, string> }

const HTMX = { 'hx-request': 'true', 'hx-request-type': 'partial' }
const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }
const wrong = { email: ann.email, password: 'wrong' }

const anns = (site: Site) => site.as(ann)
const visitor = async (site: Site) => site.browser()
type Person = (site: Site) => Promise<Browser>
const stale: Person = (site) => site.as(ann, { fresh: false })
const ended: Person = async (site) => {
  const browser = await anns(site)
  site.advance(minutes(5))
  return browser
}

const get =
  (person: Person, path: string, headers?: Record<string, string>): Row[1] =>
  async (site) =>
    (await person(site)).get(path, headers)
const post =
  (person: Person, path: string, fields?: Record<string, string>, headers?: Record<string, string>): Row[1] =>
  async (site) =>
    (await person(site)).post(path, fields, headers)
const ask =
  (person: Person, method: string, path: string, headers: Record<string, string> = {}, body?: string): Row[1] =>
  async (site) =>
    (await person(site)).ask(path, { method, headers, body })
/** The page that a form leads to. */
const after =
  (person: Person, path: string, fields: Record<string, string>): Row[1] =>
  async (site) => {
    const browser = await person(site)
    return browser.get((await browser.post(path, fields)).to ?? 'nowhere')
  }
/** The page that a redirect leads to. */
const followed =
  (person: Person, path: string): Row[1] =>
  async (site) => {
    const browser = await person(site)
    return browser.get((await browser.get(path)).to ?? 'nowhere')
  }

const PROBLEM = { 'content-type': 'application/problem+json; charset=utf-8' }
const toLogin = { status: 303, to: '/login?next=%2Fprofile' }
const FAILED = 'Please check your login details and try again.'

const flash = (text: string, kind: 'success' | 'info' | 'error') =>
  `<p id="flash" class="${kind}" role="${kind === 'error' ? 'alert' : 'status'}">${text}</p>`

const texts: Row[] = [
  ['the menu of a visitor', get(visitor, '/'), { status: 200, says: ['>Home<', '>Login<', '>Sign Up<'] }],
  ['the menu of a user', get(anns, '/'), { status: 200, says: ['>Home<', '>Profile<', '>Logout<'] }],
  [
    'the login form',
    get(visitor, '/login'),
    { status: 200, says: ['Remember me', 'name="email"', 'name="password"', 'name="remember"'] },
  ],
  [
    'the sign-up form',
    get(visitor, '/signup'),
    { status: 200, says: ['name="email"', 'name="name"', 'name="password"'] },
  ],
  ['the re-login form', get(stale, '/relogin'), { status: 200, says: ['name="password"', ann.email] }],
  [
    'the password form',
    get(anns, '/settings/password'),
    { status: 200, says: ['name="password"', 'name="new_password"'] },
  ],
  ['the logout page', get(anns, '/logout'), { status: 200, says: ['action="/logout"'] }],
  ['the heading of the profile', get(anns, '/profile'), { status: 200, says: ['Welcome, Ann!', 'name="name"'] }],
  [
    'a sign-up',
    after(visitor, '/signup', zoe),
    { status: 200, says: flash('Account created. Please log in.', 'success') },
  ],
  [
    'a sign-up with a taken address',
    post(visitor, '/signup', { ...zoe, email: ann.email }),
    { status: 422, says: 'Email address already exists. Go to <a href="/login">login page</a>.' },
  ],
  ['a login with an unknown address', post(visitor, '/login', zoe), { status: 422, says: FAILED }],
  ['a login with a wrong password', post(visitor, '/login', wrong), { status: 422, says: FAILED }],
  ['a login', after(visitor, '/login', ann), { status: 200, says: flash('Logged in successfully.', 'success') }],
  ['a logout', after(anns, '/logout', {}), { status: 200, says: flash('You have been logged out.', 'info') }],
  [
    'a page that requires a login',
    followed(visitor, '/profile'),
    { status: 200, says: flash('Please log in to access this page.', 'info') },
  ],
  [
    'a page that requires a fresh login',
    followed(stale, '/settings/password'),
    { status: 200, says: flash('Please reauthenticate to access this page.', 'info') },
  ],
  [
    'a session that timed out',
    followed(ended, '/profile'),
    { status: 200, says: flash('Session timed out, please re-login.', 'info') },
  ],
  [
    'a saved profile',
    after(anns, '/profile', { name: 'Ann Lee' }),
    { status: 200, says: flash('Your profile has been saved.', 'success') },
  ],
  [
    'a changed password',
    after(anns, '/settings/password', { password: ann.password, new_password: zoe.password }),
    { status: 200, says: flash('Your password has been changed.', 'success') },
  ],
  ['the example feature for a user', get(anns, '/hello'), { status: 200, says: 'Hello Ann!' }],
  ['the example feature for a visitor', get(visitor, '/hello'), { status: 200, says: 'You are not logged in!' }],
  [
    'the form of an API token',
    get(anns, '/settings/tokens/new'),
    { status: 200, says: ['name="name"', 'name="scopes"', 'name="expires_days"'] },
  ],
  [
    'a new API token',
    post(anns, '/settings/tokens', { name: 'x', scopes: 'profile:read', expires_days: '7' }),
    { status: 200, says: 'id="new-token"' },
  ],
  [
    'the user as JSON',
    get(anns, '/api/me'),
    { status: 200, says: ['"id":', `"email":"${ann.email}"`, '"name":"Ann"', '"roles":["user"]'] },
  ],
  [
    'the session as JSON',
    get(anns, '/session'),
    { status: 200, says: ['"idle_seconds_left":300', '"absolute_seconds_left":43200', '"fresh":true'] },
  ],
  ['the status of the API', get(visitor, '/api/status'), { status: 200, says: '{"status":"ok"}' }],
  ['the health check', get(visitor, '/healthz'), { status: 200, says: 'ok' }],
]

const statuses: Row[] = [
  ['a form that is done', post(visitor, '/signup', zoe), { status: 303, to: '/login' }],
  ['the same with htmx', post(visitor, '/signup', zoe, HTMX), { status: 204, to: '/login' }],
  ['a login', post(visitor, '/login', ann), { status: 303, to: '/profile' }],
  ['a login with `next`', post(visitor, '/login?next=/settings', ann), { status: 303, to: '/settings' }],
  [
    'a form with invalid input',
    post(visitor, '/signup', { ...zoe, email: 'x' }),
    { status: 422, says: ['value="Zoe"', 'aria-describedby="email-', 'autofocus'] },
  ],
  ['the same with htmx', post(visitor, '/signup', { ...zoe, email: 'x' }, HTMX), { status: 422, says: 'value="Zoe"' }],
  ['a page for users without a session', get(visitor, '/profile'), toLogin],
  ['the same with htmx', get(visitor, '/profile', HTMX), { status: 401, to: '/login?next=%2Fprofile' }],
  [
    'the same in the API',
    get(visitor, '/api/me'),
    { status: 401, headers: { ...PROBLEM, 'www-authenticate': 'Bearer' } },
  ],
  ['`next` for a form', post(visitor, '/profile', { name: 'x' }), { status: 303, to: '/login' }],
  ['an ended session', get(ended, '/profile'), { status: 303, to: '/relogin?next=%2Fprofile' }],
  ['the same with htmx', get(ended, '/profile', HTMX), { status: 401, to: '/relogin?next=%2Fprofile' }],
  ['a stale login', get(stale, '/settings/password'), { status: 303, to: '/relogin?next=%2Fsettings%2Fpassword' }],
  ['a user without permission', get(anns, '/admin/users'), { status: 403 }],
  ['an unsafe `next`', get(visitor, '/login?next=//evil.test'), { status: 400 }],
  ['an unsafe `next` of a form', post(visitor, '/login?next=//evil.test', ann), { status: 400 }],
  [
    'a form of another site',
    post(anns, '/profile', { name: 'x' }, { 'sec-fetch-site': 'cross-site' }),
    { status: 403 },
  ],
  ['the same by its origin', ask(anns, 'POST', '/profile', { origin: 'https://evil.test' }), { status: 403 }],
  ['an unknown address', get(visitor, '/nowhere'), { status: 404 }],
  ['an unknown address of the API', get(visitor, '/api/nowhere'), { status: 404, headers: PROBLEM }],
  ['a wrong method', ask(visitor, 'PUT', '/login'), { status: 405, headers: { allow: 'GET, HEAD, OPTIONS, POST' } }],
  ['a wrong method of the API', ask(visitor, 'PUT', '/api/me'), { status: 405, headers: PROBLEM }],
  [
    'a large body',
    ask(
      visitor,
      'POST',
      '/login',
      { 'content-length': '9999999', 'content-type': 'application/x-www-form-urlencoded' },
      'x',
    ),
    { status: 413 },
  ],
  ['a wrong content type', ask(visitor, 'POST', '/login', { 'content-type': 'text/xml' }, '<x/>'), { status: 415 }],
  [
    'too many logins',
    async (site) => {
      const browser = site.browser()
      for (let i = 0; i < 5; i++) await browser.post('/login', wrong)
      return browser.post('/login', wrong)
    },
    { status: 429, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } },
  ],
  ['a guest page for a user', get(anns, '/login'), { status: 303, to: '/profile' }],
  ['a guest page with `next` for a user', get(anns, '/signup?next=/settings'), { status: 303, to: '/settings' }],
  ['a logout', post(anns, '/logout'), { status: 303, to: '/' }],
  ['a logout of a visitor', post(visitor, '/logout'), { status: 303, to: '/' }],
  [
    'the well-known address of the password page',
    get(visitor, '/.well-known/change-password'),
    { status: 303, to: '/settings/password' },
  ],
]

test.each([...texts, ...statuses])(
  '%s is answered as the contract says',
  async (_, ask, { status, to, says = [], headers = {} }) => {
    const answer = await ask(await annAndEve())
    expect(answer.status).toBe(status)
    if (to !== undefined) expect(answer.to).toBe(to)
    for (const text of [says].flat()) expect(answer.html).toContain(text)
    expect(Object.fromEntries(answer.headers)).toMatchObject(headers)
  },
)

test('every unsafe `next` is refused', async () => {
  const { browser } = await annAndEve()
  for (const next of [
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '/.//evil.test',
    '/a\nb',
    '/logout',
    '/login',
    '/relogin',
    '/signup',
    '/api/me',
  ])
    expect([next, (await browser().get(`/login?next=${encodeURIComponent(next)}`)).status]).toEqual([next, 400])
})

const ownColumns: readonly string[] = ownUserColumns

test('GET /api/me returns exactly seven fields', async () => {
  const site = await annAndEve()
  const { html } = await (await anns(site)).get('/api/me')
  const me = Object.entries(JSON.parse(html)).filter(([name]) => !ownColumns.includes(name))
  expect(Object.fromEntries(me)).toEqual({
    id: site.users.ann.id,
    email: ann.email,
    name: 'Ann',
    roles: ['user'],
    email_verified: false,
    email_change: null,
    deletion_at: null,
  })
})

test('a flash message is shown once', async () => {
  const { browser } = await annAndEve()
  const anns = browser()
  await anns.post('/login', ann)
  expect((await anns.get('/profile')).html).toContain('Logged in successfully.')
  expect((await anns.get('/profile')).html).not.toContain('Logged in successfully.')
})

test('the cookies have the names and the attributes of the contract', async () => {
  const day = 24 * 60 * 60
  const end = String.raw`; HttpOnly; SameSite=Lax$`
  for (const [url, prefix, secure] of [
    ['http://localhost', '', ''],
    ['https://app.test', '__Host-', ' Secure;'],
  ] as const) {
    const site = await annAndEve({ APP_URL: url })
    const { set } = await site.browser().post('/login', { ...eve, remember: 'yes' })
    const cookie = (name: string, value: string, maxAge?: number) =>
      new RegExp(`^${prefix}${name}=${value}; Path=/;${maxAge ? ` Max-Age=${maxAge};` : ''}${secure}${end.slice(1)}`)
    expect(set).toEqual(
      [
        cookie('session', String.raw`[\w-]{43}`),
        cookie('device', String.raw`[\w-]{43}`, 180 * day),
        cookie('remember', String.raw`[\w-]+\.[\w-]{43}`, 30 * day),
        cookie('flash', 'logged-in', 60),
      ].map((pattern) => expect.stringMatching(pattern)),
    )
  }
})

test('the cookie of a saved form lasts 15 minutes', async () => {
  const site = await annAndEve()
  const browser = await ended(site)
  const { set } = await browser.post('/profile', { name: 'Ann Lee' })
  expect(set).toContainEqual(expect.stringMatching(/^saved=[\w-]{43}; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/))
})
