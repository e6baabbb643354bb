import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { text } from './chromium'
import { inTime } from './in-time'

inTime(
  (story) => {
    test('staying logged in at the absolute limit asks for the password and starts a new session', async () => {
      const its = story()
      const { page } = its
      await its.logIn()
      for (let i = 0; i < 2; i++) {
        await its.pass(minutes(4))
        await page.goto('/profile')
      }
      await its.pass(minutes(0.2))
      expect(await text(page, '#countdown [role=timer]')).toMatch(/logged out in 0:4\d$/)
      await page.fill('#name', 'half typed')
      await page.click('text=Stay logged in')
      await its.typePassword()
      await its.bar().waitFor({ state: 'hidden' })
      expect(await page.inputValue('#name')).toBe('half typed')
      await its.pass(minutes(2))
      await page.goto('/profile')
      expect(await text(page, 'h1')).toBe('Welcome, Ann!')
    })
  },
  { SESSION_MAX_SECONDS: '540' },
)
