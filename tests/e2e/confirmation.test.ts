import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { frames, logInWithoutForm, path, text } from './chromium'
import { inTime } from './in-time'
import { things } from './things'

const isOpen = (page: Page) => page.isVisible('#page-dialog')
const remaining = (page: Page) => page.locator('a[data-dialog]').allInnerTexts()
const confirm = (page: Page) => page.click('#page-dialog button[type=submit]')

/** Answers the requests that match once the test says so. */
async function hold(page: Page, address: string, method: string) {
  const [fetched, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await page.route(address, async (route) => {
    if (route.request().method() !== method) return route.continue()
    const response = await route.fetch()
    fetched.resolve()
    await held.promise
    await route.fulfill({ response }).catch(() => undefined) // the page may have dropped the request
  })
  return { fetched: fetched.promise, release: held.resolve }
}

inTime(
  (story) => {
    async function openThings() {
      const its = story()
      await logInWithoutForm(its.page, its.site)
      await its.page.goto('/things')
      const open = async (name: string) => {
        await its.page.click(`text=Delete ${name}`)
        await its.page.waitForSelector(`#page-dialog[open] h1:has-text("Delete ${name}?")`)
      }
      return { ...its, open }
    }

    test('a confirmation opens in a dialog on its way back, and a confirmed action shows its message in place', async () => {
      const { page, open, violations } = await openThings()
      await page.evaluate('window.untouched = true')
      await open('one')
      expect(await text(page, ':focus')).toBe('Cancel')
      expect(await violations()).toEqual([])
      await page.keyboard.press('Enter')
      expect([await isOpen(page), await page.locator('#page-dialog h1').count()]).toEqual([false, 0])
      expect(await text(page, ':focus')).toBe('Delete one')
      await open('one')
      await page.keyboard.press('Escape')
      expect(await text(page, ':focus')).toBe('Delete one')
      await open('one')
      await confirm(page)
      await page.waitForSelector('#flash:focus:has-text("Your profile has been saved.")')
      expect([await isOpen(page), await remaining(page)]).toEqual([false, ['Delete two']])
      expect([path(page), await page.evaluate('window.untouched')]).toEqual(['/things', true])
    })

    test('of two links that are clicked quickly the second one opens, and a double click confirms nothing', async () => {
      const { page, open } = await openThings()
      const first = await hold(page, '**/one/delete', 'GET')
      await page.click('text=Delete one')
      await first.fetched
      await open('two')
      first.release()
      await frames(page)
      expect(await text(page, '#page-dialog h1')).toBe('Delete two?')
      // A double click: the second one hits the button of the dialog, which opened in between.
      const { x = 0, y = 0 } = (await page.locator('#page-dialog button[type=submit]').boundingBox()) ?? {}
      await page.mouse.move(x + 5, y + 5)
      await page.mouse.down({ clickCount: 2 })
      await page.mouse.up({ clickCount: 2 })
      await frames(page)
      expect([await isOpen(page), await page.isEnabled('#page-dialog button[type=submit]')]).toEqual([true, true])
      expect(await remaining(page)).toHaveLength(2)
    })

    test('a confirmation whose action needs a fresh login asks for the password above it and goes on', async () => {
      const { page, site, open, ...its } = await openThings()
      site.advance(minutes(4))
      await page.reload()
      await open('one')
      site.advance(minutes(2))
      await confirm(page)
      await page.waitForSelector('#relogin-dialog[open]')
      await page.keyboard.press('Escape')
      expect([await isOpen(page), await page.isVisible('#relogin-dialog')]).toEqual([true, false])
      await confirm(page)
      await its.typePassword()
      await page.waitForSelector('#flash:focus:has-text("Your profile has been saved.")')
      expect([await isOpen(page), await remaining(page)]).toEqual([false, ['Delete two']])
    })

    test('a link to a confirmation that needs a fresh login asks for the password first', async () => {
      const { page, site, ...its } = await openThings()
      site.advance(minutes(4))
      await page.reload()
      site.advance(minutes(2))
      await page.click('text=Delete two')
      await its.typePassword()
      await page.waitForSelector('#page-dialog[open] h1:has-text("Delete two?")')
    })

    test('errors show their message in the open dialog, and a page that is gone opens none', async () => {
      const { page, open, context } = await openThings()
      await open('one')
      await page.route('**/one/delete', (route) => route.fulfill({ status: 502, body: 'of a proxy' }))
      await confirm(page)
      await page.waitForSelector('#page-dialog .dialog-error:has-text("The server did not respond as expected.")')
      await page.unroute('**/one/delete')
      const other = await context.newPage()
      await other.goto('/things/one/delete')
      await other.click('main button[type=submit]')
      await other.waitForURL('**/things')
      await confirm(page)
      await page.waitForSelector('#page-dialog .dialog-error:has-text("Page not found.")')
      expect(await page.locator('#page-dialog .dialog-error').count()).toBe(1)
      await page.keyboard.press('Escape')
      await page.click('text=Delete one')
      await page.waitForSelector('#flash[role=alert]:has-text("Page not found.")')
      expect([await isOpen(page), await text(page, 'h1')]).toEqual([false, 'Things'])
    })

    test('the confirmation leaves the page when the session expires, also one that is still loading', async () => {
      const { page, open, pass, ...its } = await openThings()
      await open('one')
      await pass(minutes(5))
      expect([await isOpen(page), await page.content()]).toEqual([false, expect.not.stringContaining('Delete one')])
      await its.typePassword()
      await page.waitForSelector('h1:has-text("Things")')
      const late = await hold(page, '**/two/delete', 'GET')
      await page.click('text=Delete two')
      await late.fetched
      await pass(minutes(5))
      await page.waitForSelector('#relogin-dialog[open]')
      late.release()
      await frames(page)
      expect([await isOpen(page), await page.content()]).toEqual([false, expect.not.stringContaining('Delete two')])
    })

    test('a logout in another tab removes the dialog, the menus and the name', async () => {
      const { page, open, context } = await openThings()
      await open('one')
      const other = await context.newPage()
      await other.goto('/probe')
      await other.click('nav button')
      await page.waitForSelector('h1:has-text("You have been logged out")')
      const html = await page.content()
      expect([await isOpen(page), html.includes('Delete one'), />\s*Ann\s*</.test(html)]).toEqual([false, false, false])
      expect(await page.locator('nav, .side').count()).toBe(0)
    })
  },
  {},
  [things],
)
