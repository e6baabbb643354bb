import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { codeIn, mailTo, NEW_EMAIL, tokenIn } from '../support/changed-email'
import { ann } from '../support/people'
import { violationsInThemes } from './axe'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

const PHONE = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' as const }

describe.skipIf(!hasChromium)('a change of address in Chromium', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>

  beforeEach(async () => {
    site = await openListeningSite({ MAIL_URL: 'mailbox:' })
  })

  afterEach(async () => {
    await opened.context.close()
    await site.close()
    expect(opened.complaints).toEqual([])
  })

  /** axe needs scripts. */
  async function expectSound(page: Page, hasScripts: boolean) {
    if (!hasScripts) return
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(await violationsInThemes(page)).toEqual([])
  }

  test.each([true, false])(
    'on a phone, by keyboard, the address changes with a code (scripts: %p)',
    async (hasScripts) => {
      opened = await openPage(await browser(), site, { ...PHONE, javaScriptEnabled: hasScripts })
      const { page } = opened
      // Without scripts no user agent can be read, and a session of another one is not fresh.
      await page.goto('/login')
      await page.fill('#email', ann.email)
      await page.fill('#password', ann.password)
      await page.press('#password', 'Enter')
      await page.waitForURL('**/profile')
      await page.goto('/settings/email')
      await page.fill('#email', NEW_EMAIL)
      await page.press('#email', 'Enter')
      await page.waitForSelector('text=Waiting for you to confirm')
      await expectSound(page, hasScripts)
      await page.fill('#code', '1234-5678')
      await page.press('#code', 'Enter')
      await page.waitForSelector('#code-error')
      if (hasScripts) expect(await page.evaluate('document.activeElement.id')).toBe('code')
      expect(await page.getAttribute('#code', 'aria-describedby')).toBe('code-error code-hint')
      await expectSound(page, hasScripts)
      await site.deliverMail()
      await page.fill('#code', codeIn(mailTo(site, NEW_EMAIL)?.text))
      await page.press('#code', 'Enter')
      await page.waitForSelector('text=Your email address has been changed.')
      await expectSound(page, hasScripts)
      await page.goto('/profile')
      expect(await page.inputValue('#email')).toBe(NEW_EMAIL)
    },
  )

  test('the pages of a link, of a decline and of a hold are accessible on a phone', async () => {
    opened = await openPage(await browser(), site, PHONE)
    const { page, context } = opened
    await logInWithoutForm(page, site)
    await page.goto('/settings/email')
    await page.click('text=Send confirmation email')
    await page.waitForSelector('#code')
    await expectSound(page, true)
    await site.deliverMail()
    const link = `/verify-email?token=${tokenIn(mailTo(site, ann.email)?.text)}`
    await page.goto(link)
    await expectSound(page, true)
    await context.clearCookies()
    await page.goto(link)
    await page.fill('#password', 'wrong')
    await page.press('#password', 'Enter')
    await page.waitForSelector('#password-error')
    await expectSound(page, true)
    await page.click('main form[action$="/decline"] button')
    await page.waitForSelector('text=Thanks for telling us.')
    await expectSound(page, true)
    await site.deps.db.updateTable('users').set({ recovered_at: site.deps.now() }).execute()
    await logInWithoutForm(page, site)
    await page.goto('/settings/email')
    await expectSound(page, true)
    await page.fill('#email', NEW_EMAIL)
    await page.press('#email', 'Enter')
    await page.waitForSelector('h1:text("Not possible yet")')
    await expectSound(page, true)
  })
})
