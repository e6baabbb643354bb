import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { codeIn, newestMail } from '../support/mailed'
import { path, text } from './chromium'
import { inTime } from './in-time'

inTime(
  (story) => {
    test('a user with an unverified address leaves the dialog for the page of the code, and returns after it', async () => {
      const its = story()
      const { page, site } = its
      await its.logIn()
      await page.goto('/settings')
      await its.pass(minutes(5))
      await its.typePassword()
      await page.waitForSelector('#code')
      expect(path(page)).toStartWith('/verify-email?next=')
      expect(await text(page, 'main')).toContain('One more step: confirm your email address. We’ve sent you a code.')
      await page.fill('#code', codeIn(await newestMail(site)))
      await page.click('main button[type=submit]')
      await page.waitForURL('**/settings')
    })
  },
  { MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required' },
)
