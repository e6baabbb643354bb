import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { ann, eve } from '../support/people'
import { browserOfFile, hasChromium, openListeningSite, openPage, path, text, type ListeningSite } from './chromium'

setDefaultTimeout(20_000)

const browser = browserOfFile()

describe.skipIf(!hasChromium)('without scripts', () => {
  let site: ListeningSite
  let context: BrowserContext
  let annsTab: Page

  beforeEach(async () => {
    site = await openListeningSite()
    ;({ context, page: annsTab } = await openPage(await browser(), site, { javaScriptEnabled: false }))
  })

  afterEach(async () => {
    await context.close()
    await site.close()
  })

  async function logIn(page: Page, { email, password }: typeof ann) {
    await page.goto('/login')
    await page.fill('#email', email)
    await page.fill('#password', password)
    await page.click('main button[type=submit]')
    await page.waitForURL('**/profile')
  }

  test('a form of one user changes nothing for the user who logged in in another tab', async () => {
    await logIn(annsTab, ann)
    const evesTab = await context.newPage()
    await evesTab.goto('/logout')
    await evesTab.click('main button[type=submit]')
    await logIn(evesTab, eve)
    await annsTab.fill('#name', 'Ann Lee')
    await annsTab.click('main button[type=submit]')
    expect(await text(annsTab, 'h1')).toBe('Another user is logged in')
    expect(await text(annsTab, 'main')).toContain('Nothing was changed. You are now logged in as Eve.')
    await annsTab.click('text=Reload the page')
    expect([path(annsTab), await text(annsTab, 'h1')]).toEqual(['/profile', 'Welcome, Eve!'])
    await annsTab.fill('#name', 'Eve B.')
    await annsTab.click('main button[type=submit]')
    expect(await text(annsTab, 'h1')).toBe('Welcome, Eve B.!')
  })
})
