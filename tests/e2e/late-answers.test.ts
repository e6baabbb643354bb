import { expect, test } from 'bun:test'
import { seconds } from '@/lib/durations'
import { text } from './chromium'
import { inTime } from './in-time'

/** The session is shorter than a request may take. */
inTime(
  (story) => {
    test('an answer that comes late waits behind the curtain for whom it belongs to', async () => {
      const its = story()
      const { page } = its
      await its.logIn()
      await page.fill('#name', '')
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => (release = resolve))
      await page.route('**/profile', async (route) => {
        const response = await route.fetch()
        await held
        await route.fulfill({ response })
      })
      await page.click('main button[type=submit]')
      await page.waitForTimeout(300) // the server has answered by then, and the answer is on its way
      await its.pass(seconds(30))
      await page.waitForSelector('#again-password')
      release()
      await page.waitForTimeout(300)
      expect(await text(page, '#main')).toBe('')
      await its.typePassword()
      await page.waitForSelector('#name-error')
    })
  },
  { SESSION_IDLE_SECONDS: '30' },
)
