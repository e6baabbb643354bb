import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { codeIn, linkIn, newestMail, otherCode } from '../support/mailed'
import { ann } from '../support/people'
import { violationsInThemes } from './axe'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

const PHONE = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' as const }
const WITH_SCRIPTS: [string, boolean][] = [
  ['with scripts', true],
  ['without scripts', false],
]

const zoe = { email: `${'z'.repeat(60)}@example.test`, name: 'Zoe', password: 'violet marmalade kettle' }

describe.skipIf(!hasChromium)('a sign-up to confirm in Chromium', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>[]

  beforeEach(async () => {
    opened = []
    site = await openListeningSite({ MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required' })
  })

  afterEach(async () => {
    for (const { context, complaints } of opened) {
      await context.close()
      expect(complaints).toEqual([])
    }
    await site.close()
  })

  async function openPhone(javaScriptEnabled: boolean) {
    const phone = await openPage(await browser(), site, { ...PHONE, javaScriptEnabled })
    opened.push(phone)
    return phone.page
  }

  /** The page with this title, in light and dark. axe needs scripts. */
  async function expectSound(page: Page, title: string, hasScripts: boolean) {
    await page.waitForSelector(`h1:text-is("${title}")`)
    if (!hasScripts) return
    expect(await violationsInThemes(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  }

  /** Types into a field and sends its form, by keyboard only. */
  async function send(page: Page, field: string, typed: string) {
    await page.fill(field, '')
    await page.focus(field)
    await page.keyboard.type(typed)
    await page.keyboard.press('Enter')
  }

  async function pressButton(page: Page, name: string) {
    await page.getByRole('button', { name, exact: true }).focus()
    await page.keyboard.press('Enter')
  }

  async function signUp(page: Page) {
    await page.goto('/signup?next=/settings')
    await page.fill('#email', zoe.email)
    await page.fill('#name', zoe.name)
    await send(page, '#password', zoe.password)
    await page.waitForURL('**/verify-email?next=%2Fsettings')
  }

  test.each(WITH_SCRIPTS)('from the form to the account by code and keyboard on a phone, %s', async (_, hasScripts) => {
    const page = await openPhone(hasScripts)
    await signUp(page)
    await expectSound(page, 'Check your email', hasScripts)
    if (hasScripts) await page.waitForSelector('#code:focus')
    const code = codeIn(await newestMail(site))
    await send(page, '#code', otherCode(code))
    await page.waitForSelector('#code-error')
    await expectSound(page, 'Check your email', hasScripts)
    if (hasScripts) await page.waitForSelector('#code:focus')
    site.advance(minutes(1))
    await pressButton(page, 'Send it again')
    await page.waitForSelector('#flash:text("If we can send another email, it will arrive in a few minutes.")')
    const second = codeIn(await newestMail(site))
    await send(page, '#code', second.replace(' ', '-'))
    await page.waitForURL(`${site.url}/settings`)
    await page.waitForSelector('#flash:text("Your email address is confirmed, and you are logged in.")')
  })

  test.each(WITH_SCRIPTS)('five wrong codes lead to a new one, %s', async (_, hasScripts) => {
    const page = await openPhone(hasScripts)
    await signUp(page)
    const code = codeIn(await newestMail(site))
    for (let i = 0; i < 4; i++) {
      await send(page, '#code', otherCode(code))
      while ((await page.inputValue('#code')) !== ''); // the page of the answer, and not the one before
    }
    await send(page, '#code', otherCode(code))
    await expectSound(page, 'This code no longer works', hasScripts)
    site.advance(minutes(1))
    await pressButton(page, 'Send a new code')
    await page.waitForSelector('#code')
    await send(page, '#code', codeIn(await newestMail(site)))
    await page.waitForURL(`${site.url}/settings`)
  })

  test.each(WITH_SCRIPTS)('the link in the same browser needs one button, %s', async (_, hasScripts) => {
    const page = await openPhone(hasScripts)
    await signUp(page)
    await page.goto(linkIn(await newestMail(site)))
    await expectSound(page, 'Confirm your email address', hasScripts)
    await pressButton(page, 'Confirm')
    await page.waitForURL(`${site.url}/profile`)
    await page.goto('/verify-email')
    await expectSound(page, 'This link no longer works', hasScripts)
  })

  test.each(WITH_SCRIPTS)('the link in another browser asks for the password, %s', async (_, hasScripts) => {
    await signUp(await openPhone(hasScripts))
    const phone = await openPhone(hasScripts)
    await phone.goto(linkIn(await newestMail(site)))
    await expectSound(phone, 'Finish signing up', hasScripts)
    await send(phone, '#password', 'wrong')
    await phone.waitForSelector('#password-error')
    if (hasScripts) await phone.waitForSelector('#password:focus')
    await expectSound(phone, 'Finish signing up', hasScripts)
    await send(phone, '#new_password', 'short')
    await phone.waitForSelector('#new_password-error')
    if (hasScripts) await phone.waitForSelector('#new_password:focus')
    await expectSound(phone, 'Finish signing up', hasScripts)
    await send(phone, '#password', zoe.password)
    await phone.waitForURL(`${site.url}/profile`)
  })

  test.each(WITH_SCRIPTS)('the link in another browser takes a new password, %s', async (_, hasScripts) => {
    await signUp(await openPhone(hasScripts))
    const phone = await openPhone(hasScripts)
    await phone.goto(linkIn(await newestMail(site)))
    await send(phone, '#new_password', 'five boxing wizards')
    await phone.waitForURL(`${site.url}/login`)
    await phone.waitForSelector('#flash:text("Account created. Please log in.")')
  })

  test.each(WITH_SCRIPTS)('a sign-up by another person is declined, %s', async (_, hasScripts) => {
    await signUp(await openPhone(hasScripts))
    const phone = await openPhone(hasScripts)
    await phone.goto(linkIn(await newestMail(site)))
    await pressButton(phone, 'I didn’t sign up')
    await phone.waitForSelector('text=No account was created with your address.')
    await expectSound(phone, 'No account was created', hasScripts)
  })

  test('a user who is logged in reads both addresses and stays logged in', async () => {
    const page = await openPhone(true)
    await logInWithoutForm(page, site)
    const others = await openPhone(true)
    await signUp(others)
    await page.goto(linkIn(await newestMail(site)))
    await send(page, '#password', zoe.password)
    await expectSound(page, 'Email address confirmed', true)
    await page.getByRole('link', { name: 'Continue' }).click()
    await page.waitForURL(`${site.url}/profile`)
    expect(await page.inputValue('#name')).toBe(ann.name)
  })
})
