import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { recordEvent } from '@/model/security-events'
import { ann } from '../support/people'
import { hasChromium, openChromium, openListeningSite, openPage, type ListeningSite } from './chromium'

setDefaultTimeout(60_000)

const PAGES = [
  '/',
  '/profile',
  '/dashboard',
  '/settings',
  '/settings/password',
  '/settings/tokens',
  '/settings/sessions',
  '/settings/activity',
  '/logout',
  '/api/docs',
]

async function logIn(page: Page) {
  await page.goto('/login')
  await page.fill('#email', ann.email)
  await page.fill('#password', ann.password)
  await page.click('main button[type=submit]')
  await page.waitForURL('**/profile')
}

describe.skipIf(!hasChromium)('a page in Chromium', () => {
  let browser: Browser
  let site: ListeningSite
  beforeAll(async () => void ([browser, site] = await Promise.all([openChromium(), openListeningSite()])))
  afterAll(() => Promise.all([browser.close(), site.close()]))

  test('no page scrolls sideways at 360 px with text at 200 %', async () => {
    const { context, page } = await openPage(browser, site, { viewport: { width: 360, height: 800 } })
    const overflows = async (path: string) => {
      await page.goto(path)
      await page.evaluate("document.documentElement.style.fontSize = '200%'")
      return Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
    }
    const wide: [path: string, by: number][] = []
    const check = async (path: string) => {
      const by = await overflows(path)
      if (by > 0) wide.push([path, by])
    }
    for (const path of ['/', '/login', '/signup', '/nowhere']) await check(path)
    await logIn(page)
    for (const path of PAGES) await check(path)
    expect(wide).toEqual([])
    await context.close()
  })

  test('the footer has the soft text color in light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { context, page } = await openPage(browser, site, { colorScheme })
      await page.goto('/')
      const [footer, soft, text] = await Promise.all(
        [
          'getComputedStyle(document.querySelector("body > footer p")).color',
          colorOf('--ink-soft'),
          colorOf('--ink'),
        ].map((script) => page.evaluate<string>(script)),
      )
      expect(footer).toBe(soft ?? 'no color')
      expect(footer).not.toBe(text)
      await context.close()
    }
  })

  test('the sessions page is fetched once per visit, and again after an event', async () => {
    const { context, page } = await openPage(browser, site)
    const fetched: string[] = []
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/settings/sessions') fetched.push(request.method())
    })
    await logIn(page)
    const connected = page.waitForResponse('**/session/stream')
    await page.goto('/settings/sessions')
    await (await connected).headerValue('content-type')
    const before = await page.getAttribute('#devices', 'data-last-event')
    const { id: userId } = site.users.ann
    await recordEvent(site.deps, { kind: 'password-changed', userId, by: 'admin' })
    await page.waitForSelector(`#devices:not([data-last-event="${before}"])`)
    expect(fetched).toEqual(['GET', 'GET'])
    await context.close()
  })
})

/** A script that returns a custom property as a computed color. */
const colorOf = (property: string) => `(() => {
  const probe = document.body.appendChild(document.createElement('i'))
  probe.style.color = 'var(${property})'
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
})()`
