import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { ann } from '../support/people'
import { hasChromium, openListeningSite, openWithoutCookies, path, text, type ListeningSite } from './chromium'

setDefaultTimeout(30_000)

const MESSAGE = 'Your browser blocks cookies. Allow cookies for this site to log in.'

describe.skipIf(!hasChromium).each([
  ['with scripts', true],
  ['without scripts', false],
])('%s', (_, javaScriptEnabled) => {
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openWithoutCookies>>

  beforeAll(async () => {
    site = await openListeningSite()
    opened = await openWithoutCookies(site, { javaScriptEnabled })
  })

  afterAll(async () => {
    await opened.context.close()
    await site.close()
  })

  async function logIn(page: Page, url: string) {
    await page.goto(url)
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.click('main form button[type=submit]')
  }

  test('a user whose browser blocks cookies is told so after the login', async () => {
    const { page, context } = opened
    await logIn(page, '/login')
    await page.waitForURL('**/login?next=%2Fprofile')
    expect(await text(page, '#flash')).toBe(MESSAGE)
    expect(await context.cookies()).toEqual([])
    await page.reload()
    expect(await text(page, '#flash')).toBe('')

    await logIn(page, '/dashboard?from=mail')
    await page.waitForSelector(`#flash.error[role=alert]:text-is("${MESSAGE}")`)
    expect(path(page)).toBe('/login?next=%2Fdashboard%3Ffrom%3Dmail')

    await logIn(page, '/login?next=/probe')
    await page.waitForURL(`${site.url}/probe`) // a pattern would match `next` of the login page
    expect(await text(page, '#flash')).toBe(MESSAGE)
    await page.click('nav >> text=Login')
    await page.waitForURL(`${site.url}/login`)
    expect(await text(page, '#flash')).toBe(MESSAGE)
  })

  test('a wrong password has its own message, and the page keeps its form', async () => {
    const { page } = opened
    await page.goto('/login')
    await page.fill('#email', ann.email)
    await page.fill('#password', 'wrong')
    await page.click('main form button[type=submit]')
    await page.waitForSelector('#login-error')
    expect(await text(page, '#flash')).toBe('')
    expect(path(page)).toBe('/login')
    expect(await page.inputValue('#email')).toBe(ann.email)
  })
})
