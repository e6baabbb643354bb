import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes, seconds } from '@/lib/duration'
import { ann } from '../support/people'
import { frames, text } from './chromium'
import { inTime } from './in-time'

/** No login may lead to these addresses. */
const ADDRESSES = [
  '/api/docs',
  '/logout',
  '/nothing%zz',
  '/nothing%0d%0ax',
  '//nothing',
  '/%2e%2e//nothing',
  '/probe?q=a\\b',
  `/probe?q=${'a'.repeat(7000)}`,
  `/${'%zz'.repeat(900)}`,
]
const HALVES = [[ADDRESSES.slice(0, 5)], [ADDRESSES.slice(5)]] as const
const SOME = ['/nothing%zz', `/probe?q=${'a'.repeat(2100)}`]

inTime((story) => {
  /** Opens an address and types something into a field of that page. */
  async function typeAt(page: Page, url: string, address: string) {
    await page.goto(url + address)
    await page.evaluate(
      'document.getElementById("main").append(Object.assign(document.createElement("input"), { id: "typed" }))',
    )
    await page.fill('#typed', 'half typed')
  }

  function collectErrors(page: Page) {
    const errors: string[] = []
    page.on('response', (response) => {
      if (response.status() === 400 || response.status() >= 413) errors.push(`${response.status()} ${response.url()}`)
    })
    return errors
  }

  async function expectTyped(page: Page, address: string) {
    await page.waitForSelector('#typed')
    expect([address, await page.inputValue('#typed')]).toEqual([address, 'half typed'])
  }

  const inPlace = 'the re-login dialog opens on addresses that no login may lead to, and the typed input comes back'

  test.each(HALVES)(`${inPlace} (%#)`, async (addresses) => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    const errors = collectErrors(page)
    for (const address of addresses) {
      await typeAt(page, site.url, address)
      await its.pass(minutes(5))
      await page.waitForSelector('#relogin-dialog[open] #relogin-password')
      expect([address, await text(page, '#main'), await page.locator('#typed').count()]).toEqual([address, '', 0])
      await its.typePassword()
      await expectTyped(page, address)
    }
    expect(errors).toEqual([])
  })

  test('a login in another tab brings the typed input back on such an address', async () => {
    const its = story()
    const { page, site, context } = its
    await its.logIn()
    const errors = collectErrors(page)
    const other = await context.newPage()
    for (const address of SOME) {
      await other.goto('/probe')
      await typeAt(page, site.url, address)
      await its.pass(minutes(5))
      await page.waitForSelector('#relogin-dialog[open] #relogin-password')
      await other.goto('/relogin')
      await other.fill('main #password', ann.password)
      await other.click('main button[type=submit]')
      await other.waitForURL('**/profile')
      await expectTyped(page, address)
    }
    expect(errors).toEqual([])
  })

  test('a session that was ended elsewhere removes the content of such an address without an error page', async () => {
    const its = story()
    const { page, site } = its
    const errors = collectErrors(page)
    for (const address of SOME) {
      await its.logIn()
      await typeAt(page, site.url, address)
      await (await site.as(ann)).post('/settings/sessions/end-others')
      await page.waitForSelector('nav >> text=Login')
      expect([address, await page.locator('#typed').count()]).toEqual([address, 0])
    }
    expect(errors).toEqual([])
  })

  test('a page whose re-login form does not arrive says so, asks less and less often, and keeps the typed input', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    await typeAt(page, site.url, '/probe')
    let asked = 0
    await page.route('**/relogin?*', (route) => (asked++, route.fulfill({ status: 500, body: 'broken' })))
    await its.pass(minutes(5))
    await page.waitForSelector('#main >> text=No connection to the server.')
    for (let i = 0; i < 60; i++) {
      await its.pass(seconds(5))
      await frames(page)
    }
    expect(asked).toBeGreaterThan(4)
    expect(asked).toBeLessThan(12)
    await page.unroute('**/relogin?*')
    await its.pass(minutes(1))
    await its.typePassword()
    await expectTyped(page, '/probe')
  })
})
