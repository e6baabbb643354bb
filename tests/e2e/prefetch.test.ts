import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Elysia } from 'elysia'
import type { BrowserContext, Page } from 'playwright-core'
import type { Feature } from '@/app'
import { minutes } from '@/lib/duration'
import { sessionOf } from '../support/devices'
import { logLines } from '../support/no-stray-errors'
import { Browser } from '../support/browser'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  text,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(20_000)

const browser = browserOfFile()

/** A page whose link to the profile the browser loads in advance. Its guard reads no session. */
const rulesFor =
  (kind: string): Feature =>
  ({ noSession }) =>
    new Elysia({ prefix: `/${kind}` })
      .use(noSession)
      .get('/', ({ reply }) =>
        reply.page({ title: 'Rules', body: '<a href="/profile">To the profile</a>' }, 200, {
          'speculation-rules': `"/${kind}/rules"`,
        }),
      )
      .get('/rules', () => {
        const rules = { [kind]: [{ urls: ['/profile'], eagerness: 'immediate' }] }
        return new Response(JSON.stringify(rules), { headers: { 'content-type': 'application/speculationrules+json' } })
      })

describe.skipIf(!hasChromium)('Chromium', () => {
  let site: ListeningSite
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeEach(async () => {
    site = await openListeningSite({}, { features: [rulesFor('prefetch'), rulesFor('prerender')] })
    ;({ context, page, complaints } = await openPage(await browser(), site))
    await page.goto('/')
    await logInWithoutForm(page, site, undefined, true)
  })

  afterEach(async () => {
    await context.close()
    await site.close()
  })

  const statusesOf = (path: string) =>
    logLines.flatMap((line) => (JSON.parse(line).path === path ? (JSON.parse(line).status as number) : []))

  async function openAndSpeculate(kind: string, tab = page) {
    const before = statusesOf('/profile').length
    await tab.goto(`/${kind}`)
    while (statusesOf('/profile').length === before) await tab.waitForTimeout(20)
    return statusesOf('/profile').at(-1)
  }

  test.each(['prefetch', 'prerender'])('a %s does not show the login to a remembered user', async (kind) => {
    await context.clearCookies({ name: 'session' })
    expect(await openAndSpeculate(kind)).toBe(503)
    await page.click('text=To the profile')
    await page.waitForURL('**/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')
    expect(statusesOf('/profile').at(-1)).toBe(200)
    expect(complaints).toEqual([])
  })

  test.each(['prefetch', 'prerender'])(
    'a page that was loaded by a %s extends the session when the user opens it',
    async (kind) => {
      const seenAt = async () => {
        const jar = new Browser(() => new Response(), site.url)
        for (const { name, value } of await context.cookies()) jar.keep(name, value)
        return (await sessionOf(site, jar)).last_seen_at
      }
      site.advance(minutes(4))
      const idleSince = await seenAt()
      expect(await openAndSpeculate(kind)).toBe(200)
      expect(await seenAt()).toBe(idleSince)
      const requests = statusesOf('/profile').length
      const extended = page.waitForResponse((response) => response.url().endsWith('/session'))
      await page.click('text=To the profile')
      await page.waitForURL('**/profile')
      expect(await text(page, 'h1')).toBe('Welcome, Ann!')
      expect((await extended).request().method()).toBe('POST')
      expect([statusesOf('/profile').length, await seenAt()]).toEqual([requests, site.deps.now()])
      expect(complaints).toEqual([])
    },
  )

  test.each(['prefetch', 'prerender'])(
    'a logout discards a page that was loaded by a %s, also without scripts',
    async (kind) => {
      const { context: plain, page: tab } = await openPage(await browser(), site, { javaScriptEnabled: false })
      await plain.addCookies(await context.cookies())
      expect(await openAndSpeculate(kind, tab)).toBe(200)
      const other = await plain.newPage()
      await other.goto('/logout')
      await other.click('main button[type=submit]')
      await tab.bringToFront()
      await tab.click('text=To the profile')
      await tab.waitForURL('**/login?next=*')
      expect(await text(tab, 'h1')).toBe('Login')
      await plain.close()
    },
  )
})
