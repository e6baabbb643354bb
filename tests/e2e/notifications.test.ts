import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ann } from '../support/people'
import { violationsInThemes } from './axe'
import { browserOfFile, hasChromium, logInWithoutForm, openListeningSite, openPage } from './chromium'

setDefaultTimeout(60_000)

const PHONE = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' as const }
const CHECKBOX = 'input[name=new_device]'

describe.skipIf(!hasChromium)('the settings of notifications in Chromium, on a phone', () => {
  const browser = browserOfFile()

  test.each([
    ['with scripts', true],
    ['without scripts', false],
  ])('a user turns the mails about logins off and on by keyboard, %s', async (_, javaScriptEnabled) => {
    const site = await openListeningSite({ MAIL_URL: 'mailbox:' })
    const { page, context, complaints } = await openPage(await browser(), site, { ...PHONE, javaScriptEnabled })
    await logInWithoutForm(page, site, ann)
    await page.goto('/settings')
    await page.click('main [href="/settings/notifications"]')
    await page.waitForURL('**/settings/notifications')
    for (const isOn of [false, true]) {
      await page.focus(CHECKBOX)
      await page.keyboard.press('Space')
      expect(await page.isChecked(CHECKBOX)).toBe(isOn)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.waitForSelector('#flash:text("Your settings have been saved.")')
      expect(await page.isChecked(CHECKBOX)).toBe(isOn)
      await page.goto('/settings')
      expect(await page.locator('main').innerText()).toContain(`New-login emails are ${isOn ? 'on' : 'off'}`)
      await page.goto('/settings/notifications')
    }
    await site.deps.db.updateTable('users').set({ recovered_at: site.deps.now() }).execute()
    await page.click('main form:has(input[name=new_device]) button[type=submit]')
    await page.waitForSelector('h1:text("Not possible yet")')
    await page.goto('/settings/notifications')
    if (javaScriptEnabled) {
      expect(await violationsInThemes(page)).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    }
    await context.close()
    await site.close()
    expect(complaints).toEqual([])
  })
})
