import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { BrowserContextOptions } from 'playwright-core'
import { hours } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import { adminTest } from '../support/features'
import { ann } from '../support/people'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  text,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(30_000)

describe.skipIf(!hasChromium)('the pages about people', () => {
  const browser = browserOfFile()
  let site: ListeningSite

  beforeAll(async () => {
    site = await openListeningSite()
    await changeRole(site.deps, site.users.ann, 'admin', 'a test')
    for (let i = 0; i < 30; i++)
      await createUser(site.deps, { ...ann, email: `person.${i}@example.test`, name: `Person Number ${i}` })
  })
  afterAll(() => site.close())

  async function openAsAnn(options: BrowserContextOptions) {
    const opened = await openPage(await browser(), site, options)
    await logInWithoutForm(opened.page, site)
    const box = async (selector: string) => {
      const { x = 0, y = 0, width = 0, height = 0 } = (await opened.page.locator(selector).first().boundingBox()) ?? {}
      return { left: x, top: y, right: x + width, bottom: y + height }
    }
    return { ...opened, box }
  }

  adminTest.each([true, false])(
    '25 users fit on a page of 1,550 px below a notice, with scripts: %p',
    async (javaScriptEnabled) => {
      const { page, context, box } = await openAsAnn({ javaScriptEnabled, viewport: { width: 1280, height: 800 } })
      await page.goto('/admin/users')
      expect(await page.locator('tbody tr').count()).toBe(25)
      expect((await box('body > footer')).bottom).toBeLessThanOrEqual(1550)
      expect((await box('thead')).bottom).toBeGreaterThan(0)
      await page.click('text=Older')
      expect(await page.locator('tbody tr').count()).toBe(7)
      await page.click('text=Newer')
      expect(await page.locator('tbody tr').count()).toBe(25)
      await context.close()
    },
  )

  adminTest('at 360 px the search and its button share a line, and the table is a list of rows', async () => {
    const { page, context, box } = await openAsAnn({ viewport: { width: 360, height: 740 } })
    await page.goto('/admin/users')
    const [field, button] = [await box('#q'), await box('search button')]
    expect([button.top, button.bottom]).toEqual([field.top, field.bottom])
    expect(button.right).toBeLessThanOrEqual(360)
    expect(await page.isVisible('thead')).toBe(false)
    const [name, email] = [await box('tbody td:nth-child(1)'), await box('tbody td:nth-child(2)')]
    expect(email.top).toBeGreaterThanOrEqual(name.bottom)
    await page.fill('#q', 'number 17')
    await page.press('#q', 'Enter')
    await page.waitForSelector('h1:has-text("Users 1")')
    await context.close()
  })

  adminTest('a deactivation is confirmed in a dialog, and the error of the last admin gets the focus', async () => {
    const { page, context, complaints } = await openAsAnn({})
    await page.goto(`/admin/users/${site.users.eve.id}`)
    await page.click('main a:has-text("Deactivate")')
    await page.waitForSelector('#page-dialog[open] h1:has-text("Deactivate Eve?")')
    await page.click('#page-dialog button:has-text("Deactivate")')
    await page.waitForSelector('#flash:focus:has-text("Account deactivated.")')
    await page.click('main button:has-text("Activate")')
    await page.waitForSelector('#flash:has-text("Account activated.")')

    await page.goto(`/admin/users/${site.users.ann.id}`)
    await page.click('main a:has-text("Deactivate")')
    await page.click('#page-dialog button:has-text("Deactivate")')
    await page.waitForSelector('a:focus[aria-describedby=state-error]')
    expect(await text(page, '#state-error')).toStartWith('This is the last active admin.')
    expect(await page.isVisible('#page-dialog')).toBe(false)
    await page.selectOption('#role', 'user')
    await page.click('text=Change role')
    await page.waitForSelector('#role:focus[aria-describedby=role-error]')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the days of the activity are those of the time zone, and of UTC without scripts', async () => {
    const daysIn = async (options: BrowserContextOptions) => {
      const { page, context } = await openAsAnn({ locale: 'en-US', ...options })
      await page.goto('/settings/activity')
      const days = await page.locator('main h2').allInnerTexts()
      const rows = await page.locator('main section:last-of-type li').count()
      await context.close()
      return [days, rows]
    }
    site.advance(hours(13))
    const [jan1, jan2] = ['Tuesday, January 1, 2030', 'Wednesday, January 2, 2030']
    await site.browser().post('/login', ann)
    expect(await daysIn({ javaScriptEnabled: false })).toEqual([[jan2, jan1], 2])
    // By the clock of the server: those of browser and server are years apart.
    expect(await daysIn({ timezoneId: 'America/New_York' })).toEqual([['Today'], 3])
    expect(await daysIn({ timezoneId: 'Asia/Tokyo' })).toEqual([['Today', 'Yesterday'], 2])
  })
})
