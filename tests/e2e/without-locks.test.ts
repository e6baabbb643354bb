import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { minutes, seconds } from '@/lib/duration'
import { ann } from '../support/people'
import {
  browserOfFile,
  frames,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()

/** Browsers have no locks on plain http, except on localhost. */
const PLAIN_HTTP = { host: 'app.test', remove: [] }
const OLD_BROWSER = { host: 'localhost', remove: ['BroadcastChannel'] }

describe.skipIf(!hasChromium).each([
  ['on plain http with a host name', PLAIN_HTTP],
  ['in a browser without channels', OLD_BROWSER],
])('%s', (_, { host, remove }) => {
  let site: ListeningSite
  let context: BrowserContext
  let page: Page
  let complaints: string[]
  let streams: number
  let checks: number

  beforeEach(async () => {
    site = await openListeningSite({}, { host })
    ;({ context, page, complaints } = await openPage(await browser(), site, { hasClock: true }))
    for (const name of remove) await context.addInitScript(`delete globalThis.${name}`)
    ;[streams, checks] = [0, 0]
    context.on('request', (request) => {
      const { pathname } = new URL(request.url())
      if (pathname === '/session/stream') streams++
      if (pathname === '/session') checks++
    })
    await logInWithoutForm(page, site)
  })

  afterEach(async () => {
    expect([streams, complaints.filter((text) => !text.includes('Cross-Origin-Opener-Policy'))]).toEqual([0, []])
    await context.close()
    await site.close()
  })

  async function pass(ms: number) {
    site.advance(ms)
    await context.clock.fastForward(ms)
  }

  test('seven tabs of a user all work, and none of them opens a stream', async () => {
    const tabs = [page]
    while (tabs.length < 7) tabs.push(await context.newPage())
    for (const tab of tabs) await tab.goto('/profile')
    for (const [i, tab] of tabs.entries()) {
      await tab.fill('#name', `Ann ${i}`)
      await tab.press('#name', 'Enter')
      await tab.waitForSelector(`h1:has-text("Welcome, Ann ${i}!")`)
    }
  })

  test('a visible page polls, so it learns that its session was ended elsewhere', async () => {
    await page.goto('/profile')
    await (await site.as(ann)).post('/settings/sessions/end-others')
    await pass(seconds(10))
    await page.waitForURL('**/relogin?next=%2Fprofile')
  })

  test('a poll refreshes the list of sessions', async () => {
    await page.goto('/settings/sessions')
    await site.as(ann, { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' })
    await pass(seconds(10))
    await page.waitForSelector('#sessions >> text=Firefox on Linux')
  })

  test('a poll does not extend the session, and the re-login dialog keeps the input', async () => {
    await page.goto('/profile')
    await page.fill('#name', 'Ann Lee')
    for (let i = 0; i < 29; i++) {
      await pass(seconds(10))
      await frames(page)
    }
    expect(checks).toBeGreaterThan(20)
    await pass(seconds(10))
    await page.fill('#relogin-password', ann.password)
    await page.click('#relogin-form button[type=submit]')
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
    expect(await page.inputValue('#name')).toBe('Ann Lee')
  })

  test('a hidden page does not poll, and it polls when the user returns to it', async () => {
    await page.addInitScript('Object.defineProperty(document, "hidden", { get: () => window.isAway })')
    await page.goto('/profile')
    await page.evaluate('window.isAway = true')
    await pass(minutes(1))
    await frames(page)
    expect(checks).toBe(0)
    await (await site.as(ann)).post('/settings/sessions/end-others')
    await page.evaluate('window.isAway = false; document.dispatchEvent(new Event("visibilitychange"))')
    await page.waitForURL('**/relogin?next=%2Fprofile')
  })

  test('a visitor can log in, and a failed poll leaves the page as it is', async () => {
    await context.clearCookies()
    await page.goto('/login')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.click('main button[type=submit]')
    await page.waitForURL('**/profile')
    await page.fill('#name', 'Ann Lee')
    await page.route('**/session', (route) => route.abort())
    for (let i = 0; i < 3; i++) await pass(seconds(10))
    await frames(page)
    expect(await page.inputValue('#name')).toBe('Ann Lee')
  })
})
