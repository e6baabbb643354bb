import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { browserOfFile, hasChromium, openListeningSite, openPage, path, type ListeningSite } from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()

describe.skipIf(!hasChromium)('the button Back of an error page', () => {
  let site: ListeningSite

  beforeEach(async () => {
    site = await openListeningSite()
  })

  afterEach(() => site.close())

  test('leads to the page before a typed address', async () => {
    const { page, context, complaints } = await openPage(await browser(), site)
    await page.goto('/login?next=%2Fdashboard')
    await page.goto('/no-such-page')
    await page.click('main >> text=Back')
    await page.waitForURL('**/login?next=%2Fdashboard')
    await context.close()
    expect(complaints).toEqual([])
  })

  test('opens in another window with Shift, and the page stays', async () => {
    const { page, context } = await openPage(await browser(), site)
    await page.goto('/login')
    await page.goto('/no-such-page')
    const [other] = await Promise.all([
      context.waitForEvent('page'),
      page.click('main >> text=Back', { modifiers: ['Shift'] }),
    ])
    await other.waitForURL(`${site.url}/`)
    expect(path(page)).toBe('/no-such-page')
    await context.close()
  })

  test.each([true, false])('leads to the home page of a new tab, with scripts: %p', async (javaScriptEnabled) => {
    const { page, context } = await openPage(await browser(), site, { javaScriptEnabled })
    await page.goto('/')
    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      page.evaluate(`open('${site.url}/no-such-page', '_blank', 'noopener')`),
    ])
    await tab.click('main >> text=Back')
    await tab.waitForURL(`${site.url}/`)
    expect(path(tab)).toBe('/')
    await context.close()
  })
})
