import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann, eve } from '../support/people'
import { path } from './chromium'
import { inTime } from './in-time'

const WANTED = '/settings?tab=1#danger'

const shown = (page: Page) => path(page) + new URL(page.url()).hash

inTime((story) => {
  async function typeCredentials(page: Page, { email, password } = ann) {
    await page.fill('#email', email)
    await page.fill('#password', password)
  }

  const waitFor = (page: Page, address: string) => page.waitForURL((url) => url.href.endsWith(address))

  test('a login leads to the wanted page with its fragment, also after a wrong password', async () => {
    const { page } = story()
    await page.goto(WANTED)
    expect(shown(page)).toBe('/login?next=%2Fsettings%3Ftab%3D1#danger')
    await typeCredentials(page, { ...ann, password: 'wrong' })
    await page.click('main button[type=submit]')
    await page.waitForSelector('#login-error')
    await typeCredentials(page)
    await page.focus('.skip')
    await page.keyboard.press('Enter') // changes the fragment of the login page
    await page.click('main button[type=submit]')
    await waitFor(page, WANTED)
  })

  signupTest('a sign-up on the way keeps the fragment, also by the links between the forms', async () => {
    const { page } = story()
    await page.goto(WANTED)
    await page.click('text=Create an account')
    await waitFor(page, '/signup?next=%2Fsettings%3Ftab%3D1#danger')
    await typeCredentials(page)
    await page.fill('#name', 'Zoe')
    await page.click('main button[type=submit]')
    await page.click('#email-error a')
    await waitFor(page, '/login?next=%2Fsettings%3Ftab%3D1#danger')
    await page.click('text=Create an account')
    await typeCredentials(page, { ...ann, email: 'zoe@example.test', password: 'violet marmalade kettle' })
    await page.fill('#name', 'Zoe')
    await page.click('main button[type=submit]')
    await waitFor(page, '/login?next=%2Fsettings%3Ftab%3D1#danger')
    await typeCredentials(page, { ...ann, email: 'zoe@example.test', password: 'violet marmalade kettle' })
    await page.click('main button[type=submit]')
    await waitFor(page, WANTED)
  })

  test('a login form that is submitted without htmx keeps the fragment', async () => {
    const { page } = story()
    await page.goto(WANTED)
    await typeCredentials(page)
    await page.evaluate('document.querySelector("main form").submit()')
    await waitFor(page, WANTED)
  })

  test('the re-login page keeps the fragment, also for another user', async () => {
    const { page, site, ...its } = story()
    await its.logIn()
    site.advance(minutes(5))
    await page.goto('/probe')
    await page.goto(WANTED)
    expect(shown(page)).toBe('/relogin?next=%2Fsettings%3Ftab%3D1#danger')
    await page.fill('main #password', ann.password)
    await page.click('main button[type=submit]')
    await waitFor(page, WANTED)
    site.advance(minutes(5))
    await page.goto('/probe')
    await page.goto(WANTED)
    await page.click('main >> text=Log in as a different user')
    expect(shown(page)).toBe('/login?next=%2Fsettings%3Ftab%3D1#danger')
    await typeCredentials(page, eve)
    await page.click('main button[type=submit]')
    await waitFor(page, WANTED)
  })

  test('switching the user of an active session keeps the fragment', async () => {
    const { page, site, ...its } = story()
    await its.logIn()
    site.advance(minutes(4))
    await page.goto('/probe')
    site.advance(minutes(2))
    await page.goto('/settings/password#danger')
    expect(shown(page)).toBe('/relogin?next=%2Fsettings%2Fpassword#danger')
    await page.click('main >> text=Log in as a different user')
    await waitFor(page, '/login?next=%2Fsettings%2Fpassword#danger')
    await typeCredentials(page)
    await page.click('main button[type=submit]')
    await waitFor(page, '/settings/password#danger')
  })

  test('the re-login dialog keeps the fragment of the page, also for another user', async () => {
    const { page, site, ...its } = story()
    await its.logIn()
    await page.goto(WANTED)
    await its.pass(minutes(5))
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Settings")')
    expect(shown(page)).toBe(WANTED)
    await its.pass(minutes(5))
    await page.click('#relogin-form >> text=Log in as a different user')
    await waitFor(page, '/login?next=%2Fsettings%3Ftab%3D1#danger')
    await typeCredentials(page, eve)
    await page.click('main button[type=submit]')
    await waitFor(page, WANTED)
  })

  test('a page with a fragment leads to the login after a logout or an end of the session elsewhere', async () => {
    const { page, site, context, ...its } = story()
    await its.logIn()
    const other = await context.newPage()
    await other.goto(WANTED)
    await page.click('nav button')
    await other.click('text=Log in again')
    await waitFor(other, '/login?next=%2Fsettings%3Ftab%3D1#danger')
    await its.logIn()
    await page.goto(WANTED)
    await (await site.as(ann)).post('/settings/sessions/end-others')
    await waitFor(page, '/relogin?next=%2Fsettings%3Ftab%3D1#danger')
  })

  test('a fragment changes neither the host nor the path after a login', async () => {
    const { page, site } = story()
    for (const fragment of ['#//evil.test', '#@evil.test', '#?next=//evil.test', '#javascript:alert(1)', '#']) {
      await page.context().clearCookies()
      await page.goto(`/login?next=%2Fsettings${fragment}`)
      await typeCredentials(page)
      await page.click('main button[type=submit]')
      await page.waitForURL(({ pathname }) => pathname !== '/login')
      expect(page.url()).toBe(`${site.url}/settings${fragment === '#' ? '' : fragment}`)
    }
  })

  test('a form of an ordinary page loads its page again in spite of a fragment', async () => {
    const { page, ...its } = story()
    await its.logIn()
    await page.goto('/profile#name')
    await page.fill('#name', 'Ann Lee')
    await page.click('main form[action="/profile"] button')
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })
})
