import { afterEach, beforeEach, describe, expect, setDefaultTimeout } from 'bun:test'
import type { Page } from 'playwright-core'
import { ann } from '../support/people'
import { signupTest } from '../support/features'
import {
  browserOfFile,
  hasChromium,
  openListeningSite,
  openPage,
  openWithoutCookies,
  path,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()
const cara = { email: 'cara@example.test', name: 'Cara', password: 'a hat too many' }

async function signUp(page: Page, { email, name, password } = cara) {
  await page.fill('#email', email)
  await page.fill('#name', name)
  await page.fill('#password', password)
  await page.click('main form button[type=submit]')
}

describe.skipIf(!hasChromium)('the email address of a sign-up', () => {
  let site: ListeningSite
  let page: Page
  let complaints: string[]

  const open = async (javaScriptEnabled = true) => {
    ;({ page, complaints } = await openPage(await browser(), site, { javaScriptEnabled }))
  }

  beforeEach(async () => {
    site = await openListeningSite()
  })

  afterEach(async () => {
    await page.context().close()
    await site.close()
    expect(complaints).toEqual([])
  })

  signupTest('fills the login form after a corrected sign-up, and a login clears it', async () => {
    await open()
    await page.goto('/signup?next=%2Fsettings')
    await signUp(page, { ...cara, email: 'cara@example' })
    await page.waitForSelector('#email-error')
    await signUp(page)
    await page.waitForURL(`${site.url}/login?next=%2Fsettings`)
    await page.waitForSelector('#password:focus')
    expect(await page.inputValue('#email')).toBe(cara.email)
    await page.fill('#password', cara.password)
    await page.click('main form button[type=submit]')
    await page.waitForURL(`${site.url}/settings`)
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
    await page.context().clearCookies()
    await page.goto('/login')
    await page.waitForSelector('#email:focus')
    expect(await page.inputValue('#email')).toBe('')
  })

  signupTest('fills the login form if it already exists, but not over a typed address', async () => {
    await open()
    await page.goto('/signup')
    await signUp(page, { ...cara, email: ann.email })
    await page.click('#email-error a')
    await page.waitForURL(`${site.url}/login`)
    expect(await page.inputValue('#email')).toBe(ann.email)
    await page.fill('#email', 'eve@example.test')
    await page.fill('#password', 'wrong')
    await page.click('main form button[type=submit]')
    await page.waitForSelector('#login-error')
    expect([await page.inputValue('#email'), path(page)]).toEqual(['eve@example.test', '/login'])
  })

  signupTest('is not known to another tab, and not to a sign-up form', async () => {
    await open()
    await page.goto('/signup')
    await signUp(page)
    await page.waitForURL(`${site.url}/login`)
    const other = await page.context().newPage()
    await other.goto('/login')
    expect(await other.inputValue('#email')).toBe('')
    await page.goto('/signup')
    expect(await page.inputValue('#email')).toBe('')
  })

  signupTest('is not passed on without scripts', async () => {
    await open(false)
    await page.goto('/signup')
    await signUp(page)
    expect([path(page), await page.inputValue('#email')]).toEqual(['/login', ''])
  })

  signupTest('causes no error in a browser that blocks storage', async () => {
    const opened = await openWithoutCookies(site)
    ;({ page } = opened)
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto('/signup')
    await signUp(page)
    await page.waitForURL(`${site.url}/login`)
    expect(await page.inputValue('#email')).toBe('')
  })
})
