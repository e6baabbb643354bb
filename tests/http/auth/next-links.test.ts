import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { hours, minutes } from '@/lib/duration'
import { signupTest } from '../../support/features'
import type { Answer, Browser } from '../../support/browser'
import { ann, annAndEve, annLoggedIn } from '../../support/people'
import { openSite } from '../../support/site'

// The wanted page goes with the user through every link and form on the way to the login.

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }

const decode = (html: string) => html.replaceAll('&amp;', '&').replaceAll('&#34;', '"')
const attributes = (name: string, { html }: Answer) =>
  [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => decode(value))
/** The links to login pages, and the value of the hidden field. */
const linksIn = (answer: Answer) => ({
  links: attributes('href', answer).filter((href) => /^\/(login|signup|relogin)/.test(href)),
  field: /<input type="hidden" name="next" value="([^"]*)"/.exec(answer.html)?.[1],
})
const all = (wanted: string, ...paths: string[]) => paths.map((path) => `${path}?next=${encodeURIComponent(wanted)}`)

const WANTED = ['/dashboard', '/settings/tokens?page=2&x=%2Fy', '/profile', '/a%20b?q="><i>']

signupTest.each(WANTED)('%s is in each link and form of the login and the sign-up', async (path) => {
  const { browser } = await annAndEve()
  const wanted = new URL(path, 'http://localhost').pathname + new URL(path, 'http://localhost').search
  const query = `?next=${encodeURIComponent(wanted)}`
  const field = wanted.replaceAll('&', '&amp;')
  const [login = '', signup = ''] = all(wanted, '/login', '/signup')
  const wrong = { ...ann, password: 'wrong' }
  const visitor = browser()
  for (const answer of [
    await visitor.get(login),
    await visitor.post(login, wrong),
    await visitor.post('/login', { ...wrong, next: wanted }),
    await visitor.postHtmx('/login', { ...wrong, next: wanted }),
  ]) {
    expect(linksIn(answer).field).toBe(field)
    for (const link of linksIn(answer).links) expect([login, signup]).toContain(link)
    expect(linksIn(answer).links).toContain(signup)
  }
  for (const answer of [
    await visitor.get(signup),
    await visitor.post(signup, { ...abe, name: '' }),
    await visitor.post('/signup', { ...abe, name: '', next: wanted }),
    await visitor.postHtmx('/signup', { ...abe, name: '', next: wanted }),
  ]) {
    expect(linksIn(answer).field).toBe(field)
    for (const link of linksIn(answer).links) expect([login, signup]).toContain(link)
  }
  for (const next of [wanted, undefined])
    for (const post of [visitor.post, visitor.postHtmx]) {
      const taken = await post(next ? '/signup' : `/signup${query}`, {
        ...abe,
        email: ann.email,
        ...(next && { next }),
      })
      expect(decode(taken.html)).toContain(`Go to <a href="${login}">login page</a>.`)
    }
})

signupTest('without a wanted page, no link has a return path', async () => {
  const { browser } = await annAndEve()
  const visitor = browser()
  for (const answer of [
    await visitor.get('/login'),
    await visitor.get('/login?next='),
    await visitor.post('/login', { ...ann, password: 'wrong' }),
    await visitor.get('/signup'),
    await visitor.post('/signup', { ...abe, email: ann.email }),
  ]) {
    expect(linksIn(answer).field).toBeUndefined()
    expect(linksIn(answer).links.filter((link) => link.includes('next'))).toEqual([])
  }
  expect((await visitor.post('/signup', abe)).to).toBe('/login')
})

signupTest('a visitor reaches the wanted page after a sign-up and a login', async () => {
  const { browser } = await openSite()
  const abes = browser()
  const follow = async (answer: Answer, text: string) => {
    const [, href = ''] = new RegExp(`<a href="([^"]*)"[^>]*>${text}</a>`).exec(answer.html) ?? []
    return { href: decode(href), page: await abes.get(decode(href)) }
  }
  const send = async (browser: Browser, answer: Answer, fields: Record<string, string>) => {
    const [, action = ''] = /<form method="post" action="(\/(?:login|signup)[^"]*)"/.exec(answer.html) ?? []
    return browser.post(decode(action), { ...fields, next: decode(linksIn(answer).field ?? '') })
  }
  const login = await abes.get((await abes.get('/dashboard?from=mail')).to ?? '')
  const { href, page } = await follow(login, 'Create an account')
  expect(href).toBe('/signup?next=%2Fdashboard%3Ffrom%3Dmail')
  const again = await send(abes, page, { ...abe, password: 'short' })
  const created = await send(abes, again, abe)
  expect(created).toMatchObject({ status: 303, to: '/login?next=%2Fdashboard%3Ffrom%3Dmail' })
  const second = await abes.get(created.to ?? '')
  expect(second.html).toContain('Account created. Please log in.')
  expect((await send(abes, await send(abes, second, { ...abe, password: 'wrong' }), abe)).to).toBe(
    '/dashboard?from=mail',
  )
})

signupTest('htmx goes to the login with the wanted page after a sign-up', async () => {
  const { browser } = await openSite()
  expect(await browser().postHtmx('/signup', { ...abe, next: '/settings' })).toMatchObject({
    status: 204,
    to: '/login?next=%2Fsettings',
  })
})

test('the re-login page passes the wanted page on, in each state of the session', async () => {
  for (const wait of [minutes(5), hours(1)]) {
    const { annsBrowser, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
    advance(wait) // not fresh, then ended
    const url = '/relogin?next=%2Fsettings%2Fpassword'
    for (const answer of [
      await annsBrowser.get(url),
      await annsBrowser.post('/relogin', { password: 'wrong', next: '/settings/password' }),
      await annsBrowser.get(url, { 'hx-request': 'true', 'hx-target': 'article#relogin-form' }),
    ]) {
      expect(linksIn(answer).field).toBe('/settings/password')
      const targets = [...linksIn(answer).links, ...attributes('action', answer).filter((path) => /switch/.test(path))]
      expect(targets.length).toBeGreaterThan(0)
      for (const target of targets) expect(target).toEndWith('?next=%2Fsettings%2Fpassword')
    }
    expect((await annsBrowser.post(`/relogin/switch-user?next=%2Fsettings`)).to).toBe('/login?next=%2Fsettings')
    expect((await annsBrowser.post('/login', { ...ann, next: '/settings' })).to).toBe('/settings')
  }
})

signupTest('an error page of a login page passes the wanted page on', async () => {
  const { browser } = await annAndEve()
  const wrong = { ...ann, password: 'wrong', next: '/settings' }
  for (let i = 0; i < 5; i++) await browser().post('/login', wrong)
  const limited = await browser().post('/login', wrong)
  expect(limited.status).toBe(429)
  expect(linksIn(limited).links).toEqual(all('/settings', '/login', '/signup', '/signup'))
})

signupTest.each([
  ['another host', '//evil.test'],
  ['a login page', '/signup'],
  ['the API', '/api/me'],
  ['a backslash', '/a\\b'],
  ['a malformed escape', '/%zz'],
  ['a path of 2 KiB', `/${'a'.repeat(2048)}`],
])('the sign-up rejects %s as return path and changes nothing', async (_, next) => {
  const { browser, deps } = await annAndEve()
  const query = `?${new URLSearchParams({ next })}`
  for (const answer of [
    await browser().get(`/signup${query}`),
    await browser().post(`/signup${query}`, abe),
    await browser().post('/signup', { ...abe, next }),
    await browser().postHtmx('/signup', { ...abe, next }),
    await browser().get(`/signup${query}&next=/profile`),
  ]) {
    expect([answer.status, answer.to, answer.set]).toEqual([400, null, []])
    expect(linksIn(answer).links.filter((link) => link.includes('next'))).toEqual([])
  }
  expect(await deps.db.selectFrom('users').select('id').execute()).toHaveLength(2)
})

signupTest('a login page of a path group gets the return path, and its handlers can pass it on', async () => {
  const site = await openSite({}, { loginPath: '/in?a=b', pathGroups: { '/staff': { loginPath: '/staff-login' } } })
  const page = new Elysia({ prefix: '/staff/enter' })
    .use(site.guards.guest)
    .get('/', ({ loginUrl, withNext, reply }) =>
      reply.text(`${loginUrl()} ${withNext('/signup')} ${withNext('/join?a=b')}`),
    )
  site.app.use(page)
  expect((await site.browser().get('/staff/enter?next=/staff/x')).html).toBe(
    '/staff-login?next=%2Fstaff%2Fx /signup?next=%2Fstaff%2Fx /join?a=b&next=%2Fstaff%2Fx',
  )
  expect((await site.browser().get('/staff/enter')).html).toBe('/staff-login /signup /join?a=b')
  expect((await site.browser().post('/signup', { ...abe, next: '/staff/x' })).to).toBe('/in?a=b&next=%2Fstaff%2Fx')
  expect((await site.browser().get('/signup?next=/in')).status).toBe(400)
  expect(linksIn(await site.browser().get('/signup?next=/x')).links).toEqual(['/signup?next=%2Fx'])
  expect((await site.browser().get('/signup?next=/x')).html).toContain('<a href="/in?a=b&amp;next=%2Fx">Login</a>')
})
