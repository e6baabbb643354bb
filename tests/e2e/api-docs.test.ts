import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { operations } from '@/features/api/operations'
import { axeViolations } from './axe'
import { browserOfFile, hasChromium, openListeningSite, openPage, type ListeningSite } from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()

describe.skipIf(!hasChromium)('the API reference', () => {
  let site: ListeningSite
  let page: Page
  let complaints: string[]

  const open = async (options: BrowserContextOptions) => {
    ;({ page, complaints } = await openPage(await browser(), site, options))
    await page.goto('/api/docs')
  }

  const sidewaysScroll = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')

  beforeEach(async () => {
    site = await openListeningSite()
  })

  afterEach(async () => {
    await page.context().close()
    await site.close()
    expect(complaints).toEqual([])
  })

  test('has a button for each example that copies exactly its text', async () => {
    await open({ permissions: ['clipboard-read', 'clipboard-write'] })
    const button = page.locator('#endSession figure button')
    expect(await button.getAttribute('aria-label')).toBe('Copy request: End a session')
    await button.click()
    await page.waitForSelector('#endSession button:text-is("Copied")')
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(
      `curl -X DELETE ${site.url}/api/sessions/$ID \\\n  -H "Authorization: Bearer $TOKEN"`,
    )
    expect(await page.locator('figure').count()).toBe(await page.locator('figure button').count())
  })

  test('keeps its contents in view, and a link in them leads to the operation', async () => {
    await open({ viewport: { width: 1280, height: 800 } })
    await page.click('nav.side a[href="#revokeToken"]')
    expect(new URL(page.url()).hash).toBe('#revokeToken')
    const top = await page.evaluate<number>('document.getElementById("revokeToken").getBoundingClientRect().top')
    expect(top).toBeLessThan(800)
    expect(await page.locator('nav.side a[href="#token"]').isVisible()).toBe(true)
    expect(await axeViolations(page)).toEqual([])
  })

  test.each([
    [320, 100],
    [360, 200],
    [1280, 200],
  ])('does not scroll sideways at %i px with %i percent text', async (width, size) => {
    await open({ viewport: { width, height: 800 } })
    await page.evaluate(`document.documentElement.style.fontSize = '${size}%'`)
    expect(await sidewaysScroll()).toBe(0)
  })

  test('opens its contents on a phone, with a link to each operation', async () => {
    await open({ viewport: { width: 360, height: 800 }, javaScriptEnabled: false })
    await page.click('summary:text-is("Contents")')
    for (const id of Object.keys(operations))
      expect(await page.locator(`details.side a[href="#${id}"]`).isVisible()).toBe(true)
  })
})
