import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { recordEvent } from '@/model/security-events/security-events'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

describe.skipIf(!hasChromium)('a page in Chromium', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  beforeAll(async () => void (site = await openListeningSite()))
  afterAll(() => site.close())

  test('the footer has the soft text color in light and dark', async () => {
    const { context, page } = await openPage(await browser(), site)
    await page.goto('/')
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const [footer, soft, text] = await Promise.all(
        [
          'getComputedStyle(document.querySelector("body > footer p")).color',
          colorOf('--muted'),
          colorOf('--text'),
        ].map((script) => page.evaluate<string>(script)),
      )
      expect(footer).toBe(soft ?? 'no color')
      expect(footer).not.toBe(text)
    }
    await context.close()
  })

  test('opening the sessions page fetches it once, and a security event fetches it again', async () => {
    const { context, page } = await openPage(await browser(), site)
    const fetched: string[] = []
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/settings/sessions') fetched.push(request.method())
    })
    await logInWithoutForm(page, site)
    const connected = page.waitForResponse('**/session/stream')
    await page.goto('/settings/sessions')
    await (await connected).headerValue('content-type')
    const before = await page.getAttribute('#sessions', 'data-last-event')
    const { id: userId } = site.users.ann
    await recordEvent(site.deps, { kind: 'password-changed', userId, by: 'admin', how: 'command' })
    await page.waitForSelector(`#sessions:not([data-last-event="${before}"])`)
    expect(fetched).toEqual(['GET', 'GET'])
    await context.close()
  })

  test('a page that connects after a security event refreshes itself', async () => {
    const { context, page } = await openPage(await browser(), site)
    await logInWithoutForm(page, site)
    const { promise: canConnect, resolve: connect } = Promise.withResolvers<void>()
    await page.route('**/session/stream', async (route) => (await canConnect, route.continue()))
    await page.goto('/settings/sessions')
    const before = await page.getAttribute('#sessions', 'data-last-event')
    const { id: userId } = site.users.ann
    await recordEvent(site.deps, { kind: 'password-changed', userId, by: 'admin', how: 'command' })
    connect()
    await page.waitForSelector(`#sessions:not([data-last-event="${before}"])`)
    await context.close()
  })
})

/** A script that returns a custom property as a computed color. */
const colorOf = (property: string) => `(() => {
  const probe = document.body.appendChild(document.createElement('i'))
  probe.style.color = 'var(${property})'
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
})()`
