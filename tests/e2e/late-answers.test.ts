import { expect, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { frames, text } from './chromium'
import { inTime } from './in-time'

/** The session is shorter than the timeout of a request. */
inTime(
  (story) => {
    test('a late response stays hidden until the user reauthenticates', async () => {
      const its = story()
      const { page } = its
      await its.logIn()
      await page.fill('#name', '')
      const [fetched, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      await page.route(
        '**/profile',
        async (route) => {
          const response = await route.fetch()
          fetched.resolve()
          await held.promise
          await route.fulfill({ response })
        },
        { times: 1 }, // a later request may outlive the test
      )
      await page.click('main button[type=submit]')
      await fetched.promise
      await its.pass(seconds(30))
      await page.waitForSelector('#relogin-password')
      const arrived = page.waitForEvent('requestfinished', (request) => request.method() === 'POST')
      held.resolve()
      await arrived
      await frames(page)
      expect(await text(page, '#main')).toBe('')
      await its.typePassword()
      await page.waitForSelector('#name-error')
    })

    test('a late response to a background request does not replace the hidden content', async () => {
      const its = story()
      const { page } = its
      await its.logIn()
      await page.goto('/settings/sessions')
      await page.evaluate(
        'document.getElementById("main").append(Object.assign(document.createElement("input"), { id: "typed" }))',
      )
      await page.fill('#typed', 'half typed')
      const [fetched, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      await page.route(
        '**/settings/sessions',
        async (route) => {
          const response = await route.fetch()
          fetched.resolve()
          await held.promise
          await route.fulfill({
            response,
            headers: { ...response.headers(), 'hx-retarget': '#main', 'hx-reselect': 'h1' },
          })
        },
        { times: 1 },
      )
      await page.evaluate('document.body.dispatchEvent(new Event("security-event"))')
      await fetched.promise
      await its.pass(seconds(30))
      await page.waitForSelector('#relogin-password')
      const arrived = page.waitForEvent('requestfinished', (request) => request.url().endsWith('/settings/sessions'))
      held.resolve()
      await arrived
      await frames(page)
      expect(await text(page, '#main')).toBe('')
      await its.typePassword()
      await page.waitForSelector('#typed')
      expect(await page.inputValue('#typed')).toBe('half typed')
    })
  },
  { SESSION_IDLE_SECONDS: '30' },
)
