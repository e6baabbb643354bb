import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { createCookieCheck } from '@/http/auth/cookie-check'
import type { AuthOptions } from '@/http/types/auth-options'
import type { Answer, Browser } from '../../support/browser'
import { ann, annAndEve, eve } from '../../support/people'
import { openSite, type Site } from '../../support/site'

const MESSAGE = 'Your browser blocks cookies. Allow cookies for this site to log in.'
const ALERT = `<p id="flash" class="error" role="alert">${MESSAGE}</p>`
const PROXIED = { TRUST_PROXY: '1' }
const OTHER_SOURCE = { 'x-forwarded-for': '192.0.2.8' }

/** A browser that sends no cookie: each request comes from a new one. */
const blockedOn = (site: Pick<Site, 'browser'>, userAgent?: string) => ({
  get: (path: string, headers = {}) => site.browser(userAgent).get(path, headers),
  post: (path: string, fields: Record<string, string>) => site.browser(userAgent).post(path, fields),
  postHtmx: (path: string, fields: Record<string, string>) => site.browser(userAgent).postHtmx(path, fields),
})
type Blocked = ReturnType<typeof blockedOn>

async function follow(browser: Pick<Browser, 'get'> | Blocked, answer: Answer) {
  const urls: string[] = []
  let last = answer
  while (last.to !== null) {
    urls.push(last.to)
    last = await browser.get(last.to)
  }
  return { ...last, urls }
}

test.each([
  ['a plain form', 'post'],
  ['htmx', 'postHtmx'],
] as const)('the login page says that the browser blocks cookies after a right login, with %s', async (_, send) => {
  const site = await annAndEve()
  const blocked = blockedOn(site)
  for (const [fields, wanted] of [
    [{}, '/profile'],
    [{ next: '/settings?page=2' }, '/settings?page=2'],
    [{ remember: 'yes' }, '/profile'],
  ] as const) {
    const { html, status, urls } = await follow(blocked, await blocked[send]('/login', { ...ann, ...fields }))
    expect(urls).toEqual([wanted, `/login?next=${encodeURIComponent(wanted)}`])
    expect([status, html.includes(ALERT)]).toEqual([200, true])
    expect(html).toContain('name="email"')
  }
})

test('the message is shown once, so a reloaded or bookmarked login page has none', async () => {
  const site = await annAndEve()
  const blocked = blockedOn(site)
  const { urls, html } = await follow(blocked, await blocked.post('/login', ann))
  expect(html).toContain(MESSAGE)
  for (const url of [urls.at(-1) ?? '', '/login', '/profile'])
    expect((await follow(blocked, await blocked.get(url))).html).not.toContain(MESSAGE)
  const again = await follow(blocked, await blocked.post('/login', ann))
  expect(again.html).toContain(MESSAGE)
})

test('after a login that leads to a public page, that page and the login page show the message', async () => {
  const site = await annAndEve()
  const blocked = blockedOn(site)
  expect((await follow(blocked, await blocked.post('/login', { ...ann, next: '/probe' }))).html).toContain(ALERT)
  expect((await blocked.get('/login')).html).toContain(ALERT)
  for (const path of ['/login', '/probe']) expect((await blocked.get(path)).html).not.toContain(MESSAGE)
})

test('a browser that sends cookies never gets the message', async () => {
  const site = await annAndEve()
  const seen: Answer[] = []
  const anns = site.browser()
  seen.push(await follow(anns, await anns.post('/login', ann)))
  site.advance(minutes(6))
  seen.push(await follow(anns, await anns.get('/profile'))) // the session timed out
  seen.push(await follow(anns, await anns.post('/relogin', { password: ann.password })))
  await anns.copy().post('/logout') // in another tab
  seen.push(await follow(anns, await anns.get('/profile')), await anns.get('/login'))
  anns.jar.clear() // the user deleted all cookies
  seen.push(await anns.get('/login'), await follow(anns, await anns.get('/profile')))
  for (const { html } of seen) expect(html).not.toContain(MESSAGE)
})

test('any cookie of the browser prevents the message', async () => {
  const site = await annAndEve()
  for (const name of ['device', 'flash', 'theme', 'other']) {
    const own = site.browser()
    await own.post('/login', ann)
    own.jar.clear()
    own.keep(name, 'x')
    expect((await follow(own, await own.get('/profile'))).html).not.toContain(MESSAGE)
    await own.get('/login')
  }
})

test('a request with the session token ends the check, on any page', async () => {
  const site = await annAndEve()
  const anns = site.browser()
  await anns.post('/login', ann)
  await anns.get('/dashboard')
  expect((await follow(blockedOn(site), await blockedOn(site).get('/profile'))).html).not.toContain(MESSAGE)
})

test('another visitor, another source and a wrong password do not cause the message', async () => {
  const site = await annAndEve(PROXIED)
  const visitor = () => site.browser()
  await visitor().post('/login', ann)
  for (const answer of [
    await visitor().get('/login'), // not the page of the login
    await visitor().get('/'),
    await follow(blockedOn(site, 'Another browser'), await site.browser('Another browser').get('/profile')),
    await visitor().get('/profile', OTHER_SOURCE),
    await visitor().get('/login?next=%2Fprofile', OTHER_SOURCE),
  ])
    expect(answer.html).not.toContain(MESSAGE)
  const blocked = blockedOn(site, 'Third browser')
  await blocked.post('/login', { ...ann, password: 'wrong' })
  expect((await follow(blocked, await blocked.get('/profile'))).html).not.toContain(MESSAGE)
})

test('the check ends after a minute', async () => {
  const site = await annAndEve()
  const blocked = blockedOn(site)
  const { to } = await blocked.post('/login', ann)
  site.advance(minutes(1))
  expect((await follow(blocked, await blocked.get(to ?? ''))).html).not.toContain(MESSAGE)
})

test('prefetches, HEAD requests and images do not use up the message', async () => {
  const site = await annAndEve()
  const blocked = blockedOn(site)
  await blocked.post('/login', ann)
  await blocked.get('/profile', { 'sec-purpose': 'prefetch' })
  expect((await blocked.get('/login')).html).not.toContain(MESSAGE)
  await blocked.get('/profile')
  await site.browser().ask('/login', { method: 'HEAD', headers: {} })
  for (const headers of [{ 'sec-purpose': 'prefetch' }, { 'sec-fetch-dest': 'image' }])
    await blocked.get('/login', headers)
  expect((await blocked.get('/login')).html).toContain(MESSAGE)
})

test('a visitor gets no cookie, and a login without cookies redirects as every login does', async () => {
  const site = await annAndEve()
  const blocked = blockedOn(site)
  for (const path of ['/', '/login', '/signup', '/probe']) expect((await blocked.get(path)).set).toEqual([])
  expect((await blocked.post('/login', { ...ann, next: '//evil.test' })).status).toBe(400)
  await blocked.post('/login', ann)
  await blocked.get('/profile')
  const { html, set } = await blocked.get('/login')
  expect([html.includes(MESSAGE), set]).toEqual([true, []])
})

test('a login page of a path group shows the message, and an app can change or disable it', async () => {
  const custom: AuthOptions = { loginPath: '/in', messages: { 'cookies-blocked': ['info', 'No cookies, no login.'] } }
  for (const [options, text] of [
    [custom, 'No cookies, no login.'],
    [{ messages: { 'cookies-blocked': null } }, undefined],
  ] as const) {
    const blocked = blockedOn(await annAndEve({}, options))
    await blocked.post('/login', ann)
    await blocked.get('/profile')
    const { html } = await blocked.get('/login')
    if (text) expect(html).toContain(`<p id="flash" class="info" role="status">${text}</p>`)
    else expect(html).not.toContain('blocks cookies')
  }
})

test('repeated logins without cookies stay within the cap of sessions', async () => {
  const site = await annAndEve()
  const blocked = blockedOn(site)
  for (let i = 0; i < 60; i++)
    expect((await follow(blocked, await blocked.post('/login', eve))).html).toContain(MESSAGE)
  const active = site.deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null)
  expect(await active.execute()).toHaveLength(site.deps.config.rowCaps.perUser.activeSessions)
})

test('the oldest of a thousand checks gives way', async () => {
  const { deps } = await openSite()
  const check = createCookieCheck(deps)
  const ask = (i: number) => new Request('http://localhost/profile', { headers: { 'user-agent': `Browser ${i}` } })
  for (let i = 0; i <= 1000; i++) check.start(ask(i), '/profile', `${i}`)
  for (const [i, isKnown] of [
    [0, false],
    [1, true],
    [1000, true],
  ] as const) {
    check.observe(ask(i), undefined)
    expect(check.hasFailed(ask(i))).toBe(isKnown)
  }
})
