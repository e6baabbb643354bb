import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { browserOfFile, hasChromium, logInWithoutForm, openListeningSite, openPage } from './chromium'

setDefaultTimeout(60_000)

describe.skipIf(!hasChromium)('the recovery hold in Chromium', () => {
  const browser = browserOfFile()

  test.each([true, false])(
    'a refused change of address says from when it is possible (scripts: %p)',
    async (scripts) => {
      const site = await openListeningSite({ MAIL_URL: 'mailbox:' })
      const { page, context, complaints } = await openPage(await browser(), site, { javaScriptEnabled: scripts })
      const { deps, users } = site
      await deps.db.updateTable('users').set({ recovered_at: deps.now() }).where('id', '=', users.ann.id).execute()
      await logInWithoutForm(page, site)
      await page.goto('/settings/email')
      await page.getByLabel('New email address').fill('ann@new.example.test')
      await page.getByRole('button', { name: 'Change address' }).click()
      // The script reloads the page of another user, which has the same status.
      await page.getByRole('heading', { name: 'Not possible yet' }).waitFor()
      expect(await page.getByText('To protect your account').count()).toBe(1)
      expect(complaints).toEqual([])
      await context.close()
      await site.close()
    },
  )
})
