import { describe, expect, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { ann } from '../support/people'
import { tempFolder } from '../support/temp'
import { hasChromium, launchWithProfile, openListeningSite, text } from './chromium'

describe.skipIf(!hasChromium)('a remembered browser', () => {
  test.each([
    ['on', true],
    ['off', false],
  ])(
    'stays remembered when it is closed or killed right after it restored a session, with scripts %s',
    async (_, javaScriptEnabled) => {
      const site = await openListeningSite()
      const profile = tempFolder('profile')
      const start = () => launchWithProfile(profile, site, { javaScriptEnabled })
      try {
        const first = await start()
        await first.page.goto('/login')
        await first.page.fill('#email', ann.email)
        await first.page.fill('#password', ann.password)
        await first.page.check('[name=remember]')
        await first.page.click('main button[type=submit]')
        await first.page.waitForSelector('h1:has-text("Welcome, Ann!")')
        await first.close()

        for (const end of ['close', 'kill', 'close'] as const) {
          const browser = await start()
          await browser.page.goto('/profile')
          expect(await text(browser.page, 'h1')).toBe('Welcome, Ann!')
          await browser[end]()
          site.advance(seconds(20))
        }
        expect(site.events.filter(({ kind }) => kind === 'session-restored')).toHaveLength(3)
        expect(site.events.filter(({ kind }) => kind === 'remember-token-reused')).toEqual([])
      } finally {
        await site.close()
      }
    },
    60_000,
  )
})
