import { expect, spyOn, test } from 'bun:test'
import { safeReturnPath } from '@/http/auth/return-path'
import { minutes } from '@/lib/duration'
import { signupTest } from '../../support/features'
import { ann, annAndEve, annLoggedIn } from '../../support/people'

const unsafe = [
  'https://evil.test/',
  'http:evil.test',
  'https:evil.test',
  'https:///evil.test',
  'HtTpS://evil.test',
  'http://localhost/',
  'http://here.invalid/',
  '//evil.test',
  '///evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  '\\/evil.test',
  '/\t/evil.test',
  '/\n/evil.test',
  '/\r/evil.test',
  '\t//evil.test',
  ' //evil.test',
  '/.//evil.test',
  '/..//evil.test',
  '/a/..//evil.test',
  '/./\\evil.test',
  '/%2F/evil.test',
  '/%5Cevil.test',
  '/./%5Cevil.test',
  '/%2fevil.test',
  '%2F%2Fevil.test',
  'https://localhost@evil.test',
  '//evil.test%40localhost',
  'javascript:alert(1)',
  'java\tscript:alert(1)',
  '\x01javascript:alert(1)',
  'data:text/html,x',
  'blob:http://localhost/x',
  '?next=//evil.test',
  'profile',
  '.',
  '#',
  '/a\r\nSet-Cookie: x=1',
  '/a\0b',
  '/\x7f',
  '/%zz',
  '/%09/evil.test',
  '/a%0d%0ab',
  '/a%00b',
  '/%00%zz',
  '/login',
  '/login/',
  '/login?next=/profile',
  '/Login',
  '/%6Cogin',
  '/logout',
  '/logout?now',
  '/relogin',
  '/relogin/switch-user',
  '/signup/',
  '/signup',
  '/forgot-password',
  '/forgot-password/sent',
  '/reset-password?token=x',
  '/a/../logout',
  '/api',
  '/api/',
  '/api/me',
  '/x/../api/me',
  '{"path":"/x"}',
]

test.each(unsafe)('next=%j is rejected in the query and in the form before the password is checked', async (next) => {
  const { browser } = await annAndEve()
  const verify = spyOn(Bun.password, 'verify')
  const query = `?next=${encodeURIComponent(next)}`
  for (const answer of [
    await browser().get(`/login${query}`),
    await browser().get(`/relogin${query}`),
    await browser().post('/login', { ...ann, next }),
    await browser().post(`/login${query}`, ann),
    await browser().postHtmx('/login', { ...ann, next }),
  ])
    expect([answer.status, answer.to, answer.set]).toEqual([400, null, []])
  expect(verify.mock.calls).toEqual([])
  verify.mockRestore()
})

const IN_DIALOG = { 'hx-request': 'true', 'hx-request-type': 'partial', 'hx-target': 'article#relogin-form' }

test('the re-login dialog ignores an unsafe return path and leads to no other page', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  for (const next of [...unsafe, `/${'a'.repeat(2048)}`]) {
    advance(minutes(5))
    const query = `?next=${encodeURIComponent(next)}`
    const form = await annsBrowser.get(`/relogin${query}`, IN_DIALOG)
    expect([next, form.status, form.html]).toEqual([next, 200, expect.stringContaining('id="relogin-password"')])
    expect(form.html).not.toContain('next')
    const done = await annsBrowser.post(`/relogin${query}`, { password: ann.password, next }, IN_DIALOG)
    expect([next, done.status, done.to]).toEqual([next, 204, '/profile'])
  }
})

test('the re-login dialog of a custom path ignores the return path to a login page', async () => {
  const { annsBrowser, advance } = await annLoggedIn({}, { loginPath: '/enter', reloginPath: '/relogin?again=1' })
  for (const next of ['/enter', '/relogin?again=1']) {
    advance(minutes(5))
    const path = `/relogin?again=1&next=${encodeURIComponent(next)}`
    expect((await annsBrowser.get(path)).status).toBe(400)
    expect((await annsBrowser.get(path, IN_DIALOG)).status).toBe(200)
    expect((await annsBrowser.post(path, { password: ann.password }, IN_DIALOG)).status).toBe(204)
  }
})

test.each([['/settings?q=a\\b'], [`/settings?q=${'a'.repeat(9000)}`], ['/settings/%2e%2e/settings?q=%0d%0a\\']])(
  'a guard leaves out an address that is no return path: %s',
  async (address) => {
    const { browser, annsBrowser, advance } = await annLoggedIn()
    advance(minutes(5))
    for (const [one, path] of [
      [browser(), '/login'],
      [annsBrowser, '/relogin'],
    ] as const) {
      expect(await one.get(address)).toMatchObject({ status: 303, to: path })
      expect(await one.getHtmx(address)).toMatchObject({ status: 401, to: path })
      expect((await one.get(path)).status).toBe(200)
    }
  },
)

test.each([
  ['/profile', '/profile'],
  ['/', '/'],
  ['/settings?page=2&x=/y', '/settings?page=2&x=/y'],
  ['/a/../settings', '/settings'],
  ['/settings#password', '/settings'],
  ['/apiary', '/apiary'],
  ['/loginx', '/loginx'],
  ['/é', '/%C3%A9'],
  ['/a%20b', '/a%20b'],
  ['/🙂', '/%F0%9F%99%82'],
  [`/${'../'.repeat(200)}`, '/'],
])('next=%j leads to %s', async (next, path) => {
  const { browser } = await annAndEve()
  expect(await browser().post('/login', { ...ann, next })).toMatchObject({ status: 303, to: path })
  expect(await browser().postHtmx('/login', { ...ann, next })).toMatchObject({ status: 204, to: path })
})

test('every accepted return path stays on the site after a browser resolves it', () => {
  for (const next of [
    ...unsafe,
    '/ok',
    '/a//b',
    '/a;//b',
    '/;//evil.test',
    '/?//evil.test',
    '/@evil.test',
    '/:80',
    '/~//x',
  ]) {
    const path = safeReturnPath(next)
    if (path === undefined) continue
    const url = new URL(path, 'https://app.test')
    expect([url.origin, url.pathname.startsWith('//'), path.startsWith('/')]).toEqual(['https://app.test', false, true])
  }
})

test('a guard passes on the path and query of a GET request only', async () => {
  const { browser } = await annLoggedIn()
  expect((await browser().get('/dashboard?a=1&b=%2F')).to).toBe('/login?next=%2Fdashboard%3Fa%3D1%26b%3D%252F')
  expect((await browser().post('/profile', { name: 'x' })).to).toBe('/login')
  expect((await browser().get(`/profile?${'x'.repeat(9000)}`)).to).toBe('/login')
})

test('a return path ends with its login', async () => {
  const { annsBrowser } = await annLoggedIn()
  await annsBrowser.post('/logout')
  await annsBrowser.get('/settings')
  await annsBrowser.post('/login', { ...ann, next: '/settings' })
  await annsBrowser.post('/logout')
  expect((await annsBrowser.post('/login', ann)).to).toBe('/profile')
})

test('a return path has at most 2 KiB', async () => {
  expect([safeReturnPath(`/${'a'.repeat(2047)}`)?.length, safeReturnPath(`/${'a'.repeat(2048)}`)]).toEqual([
    2048,
    undefined,
  ])
})

signupTest('a logged-in user is redirected to the return path of the form, and an unsafe one is rejected', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  for (const path of ['/login', '/relogin', '/signup']) {
    expect(await annsBrowser.get(`${path}?next=/settings`)).toMatchObject({ status: 303, to: '/settings' })
    const fields = { ...ann, email: path === '/signup' ? 'abe@example.test' : ann.email, next: '/settings' }
    expect(await annsBrowser.post(path, fields)).toMatchObject({ status: 303, to: '/settings' })
    for (const one of [annsBrowser, browser()])
      expect((await one.post(path, { ...ann, next: '//evil.test' })).status).toBe(400)
  }
})

test('two next parameters are rejected', async () => {
  const { browser } = await annLoggedIn()
  expect((await browser().get('/login?next=/settings&next=/settings')).status).toBe(400)
  expect(
    (await browser().post('/login', [...Object.entries(ann), ['next', '/settings'], ['next', '/settings']])).status,
  ).toBe(400)
})

test('a HEAD request receives the same redirect as GET', async () => {
  const { browser } = await annLoggedIn()
  const { to, set } = await browser().ask('/profile', { method: 'HEAD', headers: {} })
  expect([to, set]).toEqual(['/login?next=%2Fprofile', []])
})
