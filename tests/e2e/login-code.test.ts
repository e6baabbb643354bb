import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { markVerified } from '@/model/accounts/verify-email'
import { codeIn, linkIn, newestMail, otherCode } from '../support/mailed'
import { ann } from '../support/people'
import { violationsInThemes } from './axe'
import { browserOfFile, hasChromium, openListeningSite, openPage, text, type ListeningSite } from './chromium'

setDefaultTimeout(60_000)

const PHONE = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' as const }

describe.skipIf(!hasChromium).each([
  ['with scripts', true],
  ['without scripts', false],
])('codes of mails in Chromium, on a phone, by keyboard, %s', (_, javaScriptEnabled) => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>[] = []

  const openSiteAndPage = async (env: Record<string, string>) => {
    site = await openListeningSite({ MAIL_URL: 'mailbox:', ...env })
    return openAnother()
  }

  const openAnother = async () => {
    const one = await openPage(await browser(), site, { ...PHONE, javaScriptEnabled })
    opened.push(one)
    return one.page
  }

  beforeEach(() => void (opened = []))

  afterEach(async () => {
    for (const { context } of opened) await context.close()
    await site.close()
    expect(opened.flatMap(({ complaints }) => complaints)).toEqual([])
  })

  /** axe needs scripts. */
  async function expectSound(page: Page) {
    if (!javaScriptEnabled) return
    expect(await violationsInThemes(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  }

  const press = async (page: Page, field: string, keys: string) => {
    if (javaScriptEnabled) await page.waitForSelector(`${field}:focus`)
    await page.focus(field)
    await page.keyboard.type(keys)
    await page.keyboard.press('Enter')
  }

  test('a login by code', async () => {
    const page = await openSiteAndPage({ EMAIL_LOGIN: 'on' })
    await markVerified(site.deps, site.users.ann, site.users.ann.id)
    await page.goto('/login')
    await page.focus('text=Log in with a code')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${site.url}/login/code`)
    await expectSound(page)
    await press(page, '#email', 'nonsense')
    await page.waitForSelector('#email-error')
    await expectSound(page)
    await page.fill('#email', '')
    await press(page, '#email', ann.email)
    await page.waitForSelector('#code')
    await expectSound(page)
    const code = codeIn(await newestMail(site))
    await press(page, '#code', otherCode(code))
    await page.waitForSelector('#code-error:text("That code isn’t right.")')
    await expectSound(page)
    await page.fill('#code', '')
    await press(page, '#code', code.replace(' ', '-'))
    await page.waitForURL(`${site.url}/profile`)
    await page.waitForSelector('#flash:text("Logged in successfully.")')
    await page.goto('/settings/password')
    await page.waitForURL(`${site.url}/relogin?next=%2Fsettings%2Fpassword`)
  })

  test('the link of a code, in this browser and in another', async () => {
    const page = await openSiteAndPage({ EMAIL_LOGIN: 'on' })
    const other = await openAnother()
    await markVerified(site.deps, site.users.ann, site.users.ann.id)
    await page.goto('/login/code')
    await page.focus('#email')
    await page.keyboard.type(ann.email)
    await page.keyboard.press('Enter')
    await page.waitForSelector('#code')
    const link = linkIn(await newestMail(site))
    await other.goto(link)
    await other.waitForSelector('h1:text("Use your other browser")')
    expect(await other.locator('main button').count()).toBe(0)
    await expectSound(other)
    await page.goto(link)
    await expectSound(page)
    await page.focus('main button[type=submit]')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${site.url}/profile`)
    await other.goto(link)
    await other.waitForSelector('h1:text("This link no longer works")')
    await expectSound(other)
    await other.focus('text=Send a new code')
    await other.keyboard.press('Enter')
    await other.waitForSelector('#email')
  })

  test('five wrong codes', async () => {
    const page = await openSiteAndPage({ EMAIL_LOGIN: 'on' })
    await page.goto('/login/code')
    await page.fill('#email', ann.email)
    await page.keyboard.press('Enter')
    await page.waitForSelector('#code')
    const wrong = otherCode(codeIn(await newestMail(site)))
    for (let i = 0; i < 5; i++) {
      await page.fill('#code', wrong)
      const answered = page.waitForResponse((response) => response.request().method() === 'POST')
      await page.keyboard.press('Enter')
      await answered
      await page.waitForSelector(i < 4 ? '#code:not([value])' : 'h1:text("This code no longer works")')
    }
    await expectSound(page)
    await page.focus('text=Send a new code')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#email')
    expect(await page.locator('#code').count()).toBe(0)
  })

  test('a login with an unverified address', async () => {
    const page = await openSiteAndPage({ EMAIL_VERIFICATION: 'required' })
    await page.goto('/login?next=/settings')
    await page.focus('#email')
    await page.keyboard.type(ann.email)
    await page.focus('#password')
    await page.keyboard.type(ann.password)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${site.url}/verify-email?next=%2Fsettings`)
    expect(await text(page, 'main')).toContain('One more step: confirm your email address.')
    await expectSound(page)
    const mail = await newestMail(site)
    await page.goto(linkIn(mail))
    await page.waitForSelector('main button:text("Confirm")')
    await expectSound(page)
    await page.goto('/login?next=/settings') // the link stays unused
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.keyboard.press('Enter')
    await page.waitForSelector('#code')
    await press(page, '#code', codeIn(await newestMail(site)))
    await page.waitForURL(`${site.url}/settings`)
    await page.waitForSelector('#flash:text("Your email address is confirmed, and you are logged in.")')
  })
})
