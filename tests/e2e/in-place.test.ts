import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { frames, logInWithoutForm, path, text } from './chromium'
import { inTime } from './in-time'
import { things } from './things'

const SAVED = '#flash:focus:has-text("Your profile has been saved.")'

/** Undefined after the browser loaded a document. */
const mark = (page: Page) => page.evaluate('window.untouched = true')
const isUntouched = (page: Page) => page.evaluate('window.untouched === true')

inTime(
  (story) => {
    async function open(address: string) {
      const its = story()
      await logInWithoutForm(its.page, its.site)
      await its.page.goto(address)
      await mark(its.page)
      return its
    }

    test('a form that redirects to the open page replaces its content, and the focus goes from the field to the message', async () => {
      const { page } = await open('/things#note')
      await page.focus('#note')
      await page.keyboard.press('Enter')
      await page.waitForSelector(SAVED)
      expect([path(page), await isUntouched(page)]).toEqual(['/things', true])
      expect(await page.evaluate('[history.length, location.hash]')).toEqual([2, '#note'])
      await page.click('text=Save')
      await page.waitForSelector(SAVED)
      await page.goto('/probe')
      await page.goBack()
      await page.waitForSelector('h1:has-text("Things")')
      expect(await page.locator('#flash').innerText()).toBe('')
    })

    test('a form that redirects to another page or another query loads it', async () => {
      const { page } = await open('/things?after=1')
      await page.click('text=Save')
      await page.waitForURL('**/things')
      await page.waitForSelector(SAVED)
      expect(await isUntouched(page)).toBe(false)
    })

    test('a session that ends between a form and its page asks for the password and then shows the page', async () => {
      const { page, site, ...its } = await open('/things')
      await page.route('**/things', async (route) => {
        if (route.request().method() === 'GET') site.advance(minutes(5))
        await route.continue()
      })
      await page.click('text=Save')
      await page.waitForSelector('#relogin-dialog[open]')
      await page.unroute('**/things')
      await its.typePassword()
      await page.waitForSelector('#flash:focus:has-text("Logged in successfully.")')
      expect(await isUntouched(page)).toBe(true)
    })

    test('a saved name appears in the header, and its form stays usable', async () => {
      const { page } = await open('/profile')
      for (const name of ['Zoe Lane', 'Cleo Ray']) {
        await page.fill('#name', name)
        await page.click('main form[action="/profile"] button[type=submit]')
        await page.waitForSelector(`h1:has-text("Welcome, ${name}!")`)
      }
      expect(await text(page, '#account-link')).toMatch(/^CR\s*Cleo Ray$/)
      expect(await isUntouched(page)).toBe(true)
    })

    test('a script that arrives late takes the focus from no field, and still announces the message', async () => {
      const { page, site } = await open('/things')
      await page.context().addCookies([{ name: 'flash', value: 'profile-saved', url: site.url }])
      const arrival = Promise.withResolvers<void>()
      await page.route('**/assets/app.*.js', async (route) => {
        await arrival.promise
        await route.continue()
      })
      const loaded = page.goto('/things')
      await page.waitForSelector('#note')
      await page.evaluate("document.getElementById('note').focus()")
      arrival.resolve()
      await loaded
      await page.waitForSelector('p.visually-hidden:has-text("Your profile has been saved.")')
      expect(await page.locator('#note:focus').count()).toBe(1)
    })

    test('the menus name the page that htmx opened', async () => {
      const { page } = await open('/settings')
      await page.click('main a[href="/settings/password"]')
      await page.waitForSelector('#new_password')
      expect(await isUntouched(page)).toBe(true)
      expect(await page.locator('[aria-current=page]').allInnerTexts()).toContain('Password')
      expect(await page.locator('details.side > summary').textContent()).toBe('Account menu: Password')
      await page.goBack()
      await page.waitForSelector('h1:has-text("Settings")')
      expect(await page.locator('nav.side [aria-current=page]').count()).toBe(0)
    })

    test('a refresh in the background leaves the focus and the scroll position', async () => {
      const { page } = await open('/settings/sessions')
      await page.evaluate('document.activeElement.blur()')
      const refreshed = page.waitForResponse('**/settings/sessions')
      await page.evaluate('document.body.dispatchEvent(new Event("security-event"))')
      await (await refreshed).finished()
      await frames(page)
      expect(await page.evaluate('document.activeElement === document.body')).toBe(true)
    })

    test('the error of a field goes when the user edits it, and that of a form when one of its fields is edited', async () => {
      const { page, violations } = await open('/profile')
      await page.fill('#name', ' ')
      await page.click('main form[action="/profile"] button[type=submit]')
      await page.waitForSelector('#name-error')
      await page.locator('#name').pressSequentially('A')
      expect(await page.locator('#name-error, [aria-invalid]').count()).toBe(0)
      expect(await page.getAttribute('#name', 'aria-describedby')).toBe('name-hint')
      await page.context().clearCookies()
      await page.goto('/login')
      await page.fill('#email', 'ann@example.test')
      await page.fill('#password', 'wrong')
      await page.click('main button[type=submit]')
      await page.waitForSelector('#login-error')
      await page.fill('#password', 'wrong again')
      expect(await page.locator('#login-error, [aria-invalid], [aria-describedby]').count()).toBe(0)
      expect(await violations()).toEqual([])
    })

    test('times are distances by the clock of the server, and keep a selection', async () => {
      const { page, pass } = await open('/things') // the clocks of browser and server are years apart
      const time = page.locator('main time')
      expect(await time.innerText()).toBe('just now')
      await pass(minutes(2) + seconds(31))
      expect(await time.innerText()).toBe('2 minutes ago')
      expect(await time.getAttribute('title')).toContain('Jan 1, 2030')
      await page.evaluate('getSelection().selectAllChildren(document.querySelector("main p:has(time)"))')
      await pass(minutes(1))
      expect(await page.evaluate('String(getSelection())')).toBe('Changed 2 minutes ago')
      await page.evaluate('getSelection().removeAllRanges()')
      await pass(seconds(30))
      expect(await time.innerText()).toBe('4 minutes ago')
    })

    test('elapsed time counts whole units, and time left is rounded', async () => {
      const { page, pass, site } = await open('/things')
      const time = page.locator('main time')
      const cases = [
        [-hours(47), '1 day ago'],
        [-days(59), '1 month ago'],
        [days(90) - minutes(1), 'in 3 months'],
        [days(30) - minutes(1), 'in 30 days'],
        [minutes(61), 'in 1 hour'],
      ] as const
      for (const [distance, shown] of cases) {
        const at = new Date(site.deps.now() + seconds(30) + distance).toISOString()
        await page.evaluate(`document.querySelector('main time').dateTime = '${at}'`)
        await pass(seconds(30))
        expect(await time.innerText()).toBe(shown)
      }
    })
  },
  {},
  [things],
)
