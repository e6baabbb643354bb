import { afterAll, afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { minutes } from '@/lib/durations'
import { changeRole } from '@/model/roles'
import { ann, eve } from '../support/people'
import {
  focused,
  hasChromium,
  openChromium,
  openListeningSite,
  openPage,
  path,
  text,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(30_000)

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }
let browser: Browser | undefined
afterAll(() => browser?.close())

describe.skipIf(!hasChromium).each([
  ['with scripts', true],
  ['without scripts', false],
])('%s', (_, javaScriptEnabled) => {
  let site: ListeningSite
  let page: Page
  let complaints: string[]

  beforeEach(async () => {
    browser ??= await openChromium()
    site = await openListeningSite()
    ;({ page, complaints } = await openPage(browser, site, { javaScriptEnabled }))
  })

  afterEach(async () => {
    await page.context().close()
    await site.close()
    expect(complaints).toEqual([])
  })

  const send = () => page.click('main form:has(input:not([type=hidden])) button[type=submit]')

  async function logIn({ email, password } = ann) {
    await page.goto('/login')
    await page.fill('#email', email)
    await page.fill('#password', password)
    await send()
    await page.waitForURL('**/profile')
  }

  /** Types into fields, sends, and waits for the sentence. */
  async function mistype(fields: Record<string, string>, errorId: string) {
    for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value)
    await send()
    await page.waitForSelector(`#${errorId}`)
    expect(await page.title()).toStartWith('Error: ')
    return text(page, `#${errorId}`)
  }

  test('sign up, log in, profile, time out, log in again, log out, and nothing private by the back button', async () => {
    await page.goto('/')
    await page.click('nav >> text=Sign Up')
    for (const [id, value] of Object.entries(abe)) await page.fill(`#${id}`, value)
    await send()
    await page.waitForURL('**/login')
    expect(await text(page, '#flash')).toBe('Account created. Please log in.')

    await page.fill('#email', abe.email)
    await page.fill('#password', abe.password)
    await send()
    await page.waitForURL('**/profile')
    expect(await text(page, '#flash')).toBe('Logged in successfully.')
    expect(await text(page, 'h1')).toBe('Welcome, Abe!')

    await page.fill('#name', 'Abraham')
    await send()
    await page.waitForSelector('h1:has-text("Welcome, Abraham!")')
    expect(await text(page, '#flash')).toBe('Your profile has been saved.')

    site.pass(minutes(5))
    await page.goto('/dashboard?from=here')
    expect(path(page)).toBe('/relogin?next=%2Fdashboard%3Ffrom%3Dhere')
    expect(await text(page, '#flash')).toBe('Session timed out, please re-login.')
    expect(await text(page, 'main')).toContain('Abraham')
    await page.fill('#password', abe.password)
    await send()
    await page.waitForURL('**/dashboard?from=here')
    expect(await text(page, 'main')).toContain(abe.email)

    await page.click('nav >> text=Logout')
    await page.waitForURL('**/')
    expect(await text(page, '#flash')).toBe('You have been logged out.')
    await page.goBack()
    await page.waitForLoadState()
    await page.waitForSelector('h1:has-text("Log")')
    expect(await text(page, 'body')).not.toContain(abe.email)
    expect(await text(page, 'body')).not.toContain('Abraham')
  })

  test('a mistake at the sign-up', async () => {
    await page.goto('/signup')
    expect(await mistype({ email: 'abe@', name: 'Abe', password: 'short' }, 'email-error')).toBe(
      'Enter an email address like ann@example.com.',
    )
    expect(await text(page, '#password-error')).toBe('Use at least 12 characters; this has 5.')
    expect(await focused(page)).toBe('email')
    expect([
      await page.inputValue('#email'),
      await page.inputValue('#name'),
      await page.inputValue('#password'),
    ]).toEqual(['abe@', 'Abe', ''])
    expect(await mistype({ email: ann.email, password: abe.password }, 'email-error:has(a)')).toBe(
      'Email address already exists. Go to login page.',
    )
    await page.click('#email-error >> text=login page')
    await page.waitForURL('**/login')
  })

  test('a mistake at the login', async () => {
    await page.goto('/login?next=/settings')
    await page.check('[name=remember]')
    expect(await mistype({ email: ann.email, password: 'guess' }, 'login-error')).toBe(
      'Please check your login details and try again.',
    )
    expect(await focused(page)).toBe('email')
    expect([
      await page.inputValue('#email'),
      await page.inputValue('#password'),
      await page.isChecked('[name=remember]'),
    ]).toEqual([ann.email, '', true])
    await page.fill('#password', ann.password)
    await send()
    await page.waitForSelector('h1:has-text("Settings")') // the address ended like that before, too
  })

  test('a mistake at the re-login, and somebody else instead', async () => {
    await logIn()
    site.pass(minutes(5))
    await page.goto('/settings')
    expect(await mistype({ password: 'guess' }, 'password-error')).toBe(
      'Please check your login details and try again.',
    )
    expect(await focused(page)).toBe('password')
    await page.click('text=Log in as somebody else')
    await page.waitForURL('**/login?next=%2Fsettings')
    await page.fill('#email', eve.email)
    await page.fill('#password', eve.password)
    await send()
    await page.waitForURL('**/settings')
    await page.goto('/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Eve!')
  })

  test('a mistake in the profile', async () => {
    await logIn()
    expect(await mistype({ name: ' ' }, 'name-error')).toBe('Enter your name.')
    expect(await focused(page)).toBe('name')
  })

  test('a mistake in the new password, then a good one', async () => {
    await logIn()
    await page.goto('/settings/password')
    expect(await mistype({ password: ann.password, new_password: 'password1234' }, 'new_password-error')).toStartWith(
      'This is similar to a commonly used password.',
    )
    expect(await focused(page)).toBe('new_password')
    await page.fill('#password', ann.password)
    await page.fill('#new_password', abe.password)
    await send()
    await page.waitForURL('**/settings')
    expect(await text(page, '#flash')).toBe('Your password has been changed.')
  })

  test('a remembered device comes back by itself, but not to the password', async () => {
    await page.goto('/login')
    await page.check('[name=remember]')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await send()
    await page.waitForURL('**/profile')
    site.pass(minutes(60))
    await page.goto('/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')
    await page.goto('/settings/password')
    expect(await text(page, '#flash')).toBe('Please reauthenticate to access this page.')
    await page.click('text=Log in as somebody else')
    await page.waitForURL('**/login?next=%2Fsettings%2Fpassword')
  })

  test('an API token is made, shown once, used by a program and revoked', async () => {
    await logIn()
    await page.goto('/settings')
    await page.click('text=API tokens')
    await page.waitForURL('**/settings/tokens')
    expect(await mistype({ name: ' ' }, 'name-error')).toBe('Enter a name for the token.')
    await page.fill('#name', 'backup script')
    await page.check('[value="profile:write"]')
    await page.click('text=Create token')
    const token = await text(page, '#new-token')
    const me = () => fetch(`${site.url}/api/me`, { headers: { authorization: `Bearer ${token}` } })
    expect((await me()).status).toBe(200)
    await page.goto('/settings/tokens')
    expect(await page.locator('#new-token').count()).toBe(0)
    expect(await text(page, '.rows h3')).toBe('backup script')
    await page.click('.rows button')
    await page.waitForSelector('#flash:has-text("The token has been revoked.")')
    expect((await me()).status).toBe(401)
  })

  test('an admin finds somebody, lets them support, and deactivates them; they are out at their next click', async () => {
    await changeRole(site.deps, site.users.ann, 'admin', 'by hand')
    const { page: eves } = await openPage(browser ?? (await openChromium()), site, { javaScriptEnabled })
    await eves.goto('/login')
    await eves.fill('#email', eve.email)
    await eves.fill('#password', eve.password)
    await eves.click('main button[type=submit]')
    await eves.waitForURL('**/profile')
    await logIn()
    await page.click('text=Users')
    await page.fill('#q', 'EVE')
    await page.click('text=Search')
    await page.click('.rows a:has-text("Eve")')
    await page.selectOption('#role', 'support')
    await page.click('text=Change role')
    await page.waitForSelector('#flash:has-text("The role has been changed.")')
    await eves.reload()
    await eves.click('text=Users')
    await eves.waitForSelector('h1:has-text("Users")')
    await page.click('button:has-text("Deactivate")')
    await page.waitForSelector('#flash:has-text("The account has been deactivated")')
    await eves.reload()
    expect(path(eves)).toBe('/login?next=%2Fadmin%2Fusers')
    await eves.context().close()
  })

  test('all of it can be done by keyboard alone', async () => {
    await page.goto('/login')
    await page.waitForSelector('#email:focus')
    await page.keyboard.type(ann.email)
    await page.keyboard.press('Tab')
    await page.waitForSelector('#password:focus')
    await page.keyboard.type(ann.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/profile')
    await page.keyboard.press('Tab')
    await page.waitForSelector('a:focus:has-text("Skip to content")')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/profile#main')
    await page.keyboard.press('Tab')
    await page.waitForSelector('a:focus:has-text("Dashboard")')
  })
})
