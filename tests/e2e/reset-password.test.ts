import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { seconds } from '@/lib/duration'
import { dumpDatabase } from '../support/dump-database'
import { NEW_PASSWORD, purposes } from '../support/link-purposes'
import { logLines } from '../support/no-stray-errors'
import { issueTo } from '../support/one-time-links'
import { ann, eve } from '../support/people'
import { violationsInThemes } from './axe'
import {
  browserOfFile,
  frames,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  path,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

const PHONE = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' as const }

const linkIn = (text = '') => /http\S+\?token=[\w-]{43}/.exec(text)?.[0] ?? ''

/** A mail program on another site, with one mail. */
function openWebmail(link: string) {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response(`<a href="${link}">the link</a>`, { headers: { 'content-type': 'text/html' } }),
  })
  return { url: `http://webmail.test:${server.port}/inbox`, close: () => server.stop(true) }
}

/** The addresses that the browser would go back to. */
async function historyOf(page: Page) {
  const session = await page.context().newCDPSession(page)
  const { entries } = await session.send('Page.getNavigationHistory')
  return entries.map(({ url }) => url)
}

describe.skipIf(!hasChromium)('a password reset in Chromium', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>

  beforeEach(async () => {
    site = await openListeningSite({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  })

  afterEach(async () => {
    await opened.context.close()
    await site.close()
    expect(opened.complaints).toEqual([])
  })

  /** axe needs scripts. */
  async function expectSoundPage(page: Page, hasScripts: boolean) {
    if (!hasScripts) return
    expect(await violationsInThemes(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  }

  test.each([
    ['with scripts', true],
    ['without scripts', false],
  ])('from the login page to a new password by keyboard on a phone, %s', async (_, hasScripts) => {
    opened = await openPage(await browser(), site, { ...PHONE, javaScriptEnabled: hasScripts })
    const { page } = opened
    const press = async (keys: string, to: string) => {
      await page.keyboard.type(keys)
      await page.keyboard.press('Enter')
      await page.waitForURL(`${site.url}${to}`)
    }
    await page.goto('/login')
    await page.focus('text=Forgot your password?')
    await press('', '/forgot-password')
    await expectSoundPage(page, hasScripts)
    await page.focus('#email')
    await page.keyboard.type('nonsense')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#email-error')
    expect(await page.inputValue('#email')).toBe('nonsense')
    await expectSoundPage(page, hasScripts)
    await page.fill('#email', '')
    await page.focus('#email')
    await press(ann.email, '/forgot-password/sent')
    await page.waitForSelector('h1:text("Check your email")')
    await expectSoundPage(page, hasScripts)

    await site.deliverMail()
    const webmail = openWebmail(linkIn(site.mailbox.mails[0]?.text))
    await page.goto(webmail.url)
    await page.focus('a')
    await press('', '/reset-password')
    await page.waitForSelector('h1:text("Choose a new password")')
    await expectSoundPage(page, hasScripts)
    if (hasScripts) await page.waitForSelector('#new_password:focus')
    await page.focus('#new_password')
    await page.keyboard.type('short')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#new_password-error')
    await expectSoundPage(page, hasScripts)
    await page.fill('#new_password', '')
    await page.focus('#new_password')
    await press(NEW_PASSWORD, '/login')
    await page.waitForSelector('#flash:text("Your password has been changed.")')
    await page.focus('#email')
    await page.keyboard.type(ann.email)
    await page.focus('#password')
    await press(NEW_PASSWORD, '/profile')

    await page.goto('/reset-password')
    await page.waitForSelector('h1:text("This link no longer works")')
    await expectSoundPage(page, hasScripts)
    await webmail.close()
  })

  test.each(purposes)('a link for $purpose leaves its token in no address, Referer, history or log', async (link) => {
    opened = await openPage(await browser(), site, PHONE)
    const { page } = opened
    const token = await issueTo(site, site.users.ann, link.purpose)
    const webmail = openWebmail(`${site.url}${link.path}?token=${token}`)
    const referers: string[] = []
    const seen: string[] = []
    page.on('request', async (request) => {
      const { referer } = await request.allHeaders()
      seen.push(request.url())
      if (referer) referers.push(referer)
    })
    logLines.length = 0
    await page.goto(webmail.url)
    await page.click('a')
    await page.waitForURL(`${site.url}${link.path}`)
    await page.click('text=Home')
    await page.waitForURL(`${site.url}/`)
    await page.goBack()
    expect(path(page)).toBe(link.path)
    expect(await page.evaluate<string>('document.referrer')).not.toContain(token)
    expect(await page.content()).not.toContain(token)
    expect(seen.some((url) => url.includes(token))).toBe(true) // the first request only
    expect(referers.length).toBeGreaterThan(0)
    expect(JSON.stringify([referers, await historyOf(page)])).not.toContain(token)
    expect(logLines.length).toBeGreaterThan(1)
    expect(logLines.join('')).not.toContain(token)
    await webmail.close()
  })

  test.each(purposes)('a scanner with scripts that opens a link for $purpose uses no token up', async (link) => {
    opened = await openPage(await browser(), site, { hasClock: true })
    const { page, context } = opened
    const token = await issueTo(site, site.users.ann, link.purpose)
    const before = await dumpDatabase(site)
    const scan = async (address: string) => {
      await page.goto(address)
      await context.clock.fastForward(seconds(10))
      await frames(page)
    }
    for (let i = 0; i < 3; i++) await scan(`${link.path}?token=${token}`)
    const links = await page.evaluate<string[]>(`Array.from(document.links, ({ href }) => href)`)
    for (const href of new Set(links)) await scan(href)
    expect(await dumpDatabase(site)).toEqual(before)
    const user = site.browser()
    if (link.flow !== undefined) user.keep('flow', link.flow)
    await user.get(`${link.path}?token=${token}`)
    expect((await user.post(link.path, link.fields)).status).toBe(303)
  })

  test('a reset of Ann’s account leaves Eve logged in, in the same browser', async () => {
    opened = await openPage(await browser(), site, PHONE)
    const { page } = opened
    await logInWithoutForm(page, site, eve)
    await page.goto(`/reset-password?token=${await issueTo(site, site.users.ann, 'reset-password')}`)
    expect(await page.inputValue('#email')).toBe(ann.email)
    await page.fill('#new_password', NEW_PASSWORD)
    await page.click('main button[type=submit]')
    await page.waitForURL(`${site.url}/profile`)
    await page.waitForSelector('#flash:text("The other account’s password has been changed.")')
    expect(await page.inputValue('#name')).toBe(eve.name)
  })
})
