import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import { ann } from '../support/people'
import { logInWithoutForm, path, text } from './chromium'
import { inTime } from './in-time'

inTime(
  (story) => {
    /** Ann has two-step verification, and is on her profile after a login with a password and a code. */
    async function annWithTwoFactors() {
      const its = story()
      const { page, site } = its
      const app = await addApp(site, site.users.ann)
      const codes = await addCodes(site, site.users.ann)
      await turnOnTwoStep(site, site.users.ann)
      await logInWithoutForm(page, site, ann, false, ['password', 'totp'])
      const watching = page.waitForResponse('**/session/stream')
      await page.goto('/profile')
      await watching
      await page.evaluate('window.untouched = true')
      const typeCode = async (code: string) => {
        await page.fill('#relogin-code', code)
        await page.click('#relogin-form form:has(#relogin-code) button[type=submit]')
      }
      return { ...its, app, codes, typeCode, isUntouched: () => page.evaluate('window.untouched') }
    }

    test('in the dialog the password and then the code send the waiting form, without a page load', async () => {
      const { page, site, app, typeCode, typePassword, isUntouched, violations } = await annWithTwoFactors()
      await page.fill('#name', 'Ann Lee')
      site.advance(minutes(11)) // past the absolute limit
      await page.click('main button[type=submit]')
      await page.waitForSelector('#relogin-dialog[open]')
      expect(await text(page, '#relogin-title')).toBe('Your session has ended')
      await typePassword()
      await page.waitForSelector('#relogin-code')
      expect(await text(page, '#relogin-title')).toBe('Two-step verification')
      expect(await page.evaluate('document.activeElement.id')).toBe('relogin-code')
      expect(await violations()).toEqual([])
      await typeCode('000000')
      await page.waitForSelector('#relogin-code-error')
      expect(await violations()).toEqual([])
      await typeCode(app.code())
      await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
      expect(await text(page, '#flash')).toBe('Your profile has been saved.')
      expect([await page.isVisible('#relogin-dialog'), await isUntouched()]).toEqual([false, true])
    })

    test('a link to a page that must be fresh asks for a code in the dialog, and then opens', async () => {
      const { page, site, app, typeCode, violations } = await annWithTwoFactors()
      site.advance(minutes(4))
      await page.goto('/probe')
      site.advance(minutes(2))
      await page.goto('/settings')
      expect(await text(page, '.lock-badge')).toContain('requires confirmation')
      await page.click('main a[href="/settings/password"]')
      await page.waitForSelector('#relogin-dialog[open]')
      expect(await text(page, '#relogin-title')).toBe('Confirm that it’s you')
      expect(await page.locator('#relogin-form input[type=password]').count()).toBe(0)
      expect(await violations()).toEqual([])
      await page.keyboard.press('Escape')
      expect([await page.isVisible('#relogin-dialog'), path(page)]).toEqual([false, '/settings'])
      await page.click('main a[href="/settings/password"]')
      await page.waitForSelector('#relogin-code')
      await typeCode(app.code())
      await page.waitForSelector('#new_password')
      expect(path(page)).toBe('/settings/password')
    })

    test('a recovery code in the dialog opens the page, too', async () => {
      const { page, site, codes } = await annWithTwoFactors()
      site.advance(minutes(4))
      await page.goto('/settings')
      site.advance(minutes(2))
      await page.click('main a[href="/settings/password"]')
      await page.waitForSelector('#relogin-dialog[open]')
      await page.click('#relogin-form summary')
      await page.fill('#relogin-recovery_code', codes[0] ?? '')
      await page.click('#relogin-form details button[type=submit]')
      await page.waitForSelector('#new_password')
      expect(path(page)).toBe('/settings/password')
    })

    test('after the fifth wrong code in the dialog the waiting form asks for the password again', async () => {
      const { page, site, typeCode, typePassword, app, isUntouched } = await annWithTwoFactors()
      await page.fill('#name', 'Ann Lee')
      site.advance(minutes(11))
      await page.click('main button[type=submit]')
      await typePassword()
      await page.waitForSelector('#relogin-code')
      for (let i = 0; i < 5; i++) {
        const answered = page.waitForResponse('**/login/second-step')
        await typeCode('000000')
        await answered
      }
      site.advance(seconds(30))
      expect(await text(page, '#relogin-message')).toBe('Too many wrong codes. Please log in again.')
      expect(await page.evaluate('document.activeElement.id')).toBe('relogin-password')
      await typePassword()
      await page.waitForSelector('#relogin-code')
      await typeCode(app.code())
      await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
      expect(await isUntouched()).toBe(true)
    })

    test('a second step that ends in the dialog begins again there, and the page keeps what was typed', async () => {
      const { page, pass, app, typeCode, typePassword, isUntouched, violations } = await annWithTwoFactors()
      await page.fill('#name', 'Ann Lee')
      await pass(minutes(10))
      await typePassword()
      await page.waitForSelector('#relogin-code')
      await pass(minutes(5))
      await typeCode(app.code())
      await page.waitForSelector('#relogin-password')
      expect(await text(page, '#relogin-message')).toBe('Your login has expired. Please log in again.')
      expect(await page.evaluate('document.activeElement.id')).toBe('relogin-password')
      expect(await text(page, '#main')).toBe('') // still hidden
      expect(await violations()).toEqual([])
      await typePassword()
      await page.waitForSelector('#relogin-code')
      await typeCode(app.code())
      await page.waitForSelector('#name')
      expect([await page.inputValue('#name'), path(page), await isUntouched()]).toEqual(['Ann Lee', '/profile', true])
    })

    test('a second step goes on in the dialog while the page is hidden', async () => {
      const { page, pass, app, typeCode, typePassword } = await annWithTwoFactors()
      await page.fill('#name', 'Ann Lee')
      await pass(minutes(10))
      await typePassword()
      await page.waitForSelector('#relogin-code')
      await pass(minutes(5) - seconds(5))
      await typeCode(app.code())
      await page.waitForSelector('#name')
      expect(await page.inputValue('#name')).toBe('Ann Lee')
    })

    test('when the session ends, the dialog that waits for a code asks for the password and says why', async () => {
      const { page, pass, site, app, typeCode, typePassword } = await annWithTwoFactors()
      await pass(minutes(6))
      await page.goto('/settings')
      await page.click('main a[href="/settings/password"]')
      await page.waitForSelector('#relogin-code')
      await pass(minutes(4))
      await page.waitForSelector('#relogin-password')
      expect(await text(page, '#relogin-form')).toContain('Your session reached its time limit. Enter your password')
      expect(await page.evaluate('document.activeElement.id')).toBe('relogin-password')
      expect(await page.locator('#relogin-form .cancel').count()).toBe(0)
      site.advance(seconds(1))
      await typePassword()
      await page.waitForSelector('#relogin-code')
      await typeCode(app.code())
      await page.waitForSelector('#new_password')
      expect(path(page)).toBe('/settings/password')
    })

    test('the button that cancels the dialog works after a wrong code as well', async () => {
      const { page, pass, typeCode } = await annWithTwoFactors()
      await pass(minutes(6))
      await page.goto('/settings')
      await page.click('main a[href="/settings/password"]')
      await page.waitForSelector('#relogin-code')
      await typeCode('000000')
      await page.waitForSelector('#relogin-code-error')
      await page.click('#relogin-form .cancel')
      await page.waitForSelector('#relogin-dialog', { state: 'hidden' })
      expect(path(page)).toBe('/settings')
    })

    test('the second step of a remembered session can be cancelled, and goes on after the session ended', async () => {
      const { page, site, context, pass, app, typeCode, typePassword } = await annWithTwoFactors()
      await context.clearCookies()
      await logInWithoutForm(page, site, ann, true, ['remember-me'])
      await page.goto('/settings')
      await pass(minutes(6))
      const open = async () => {
        await page.click('main a[href="/settings/password"]')
        await typePassword()
        await page.waitForSelector('#relogin-code')
      }
      await open()
      await page.keyboard.press('Escape')
      await page.waitForSelector('#relogin-dialog', { state: 'hidden' })
      await open()
      await pass(minutes(4))
      await page.waitForSelector('#main:empty')
      await typeCode(app.code())
      await page.waitForSelector('#new_password')
    })
  },
  { SESSION_IDLE_SECONDS: '600', SESSION_MAX_SECONDS: '600' },
)
