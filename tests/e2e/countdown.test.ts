import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import { ann } from '../support/people'
import type { Page } from 'playwright-core'
import { path, text } from './chromium'
import { inTime } from './in-time'

inTime((story) => {
  test('a bar counts down during the last minute, is announced once, and disappears when the session is extended', async () => {
    const its = story()
    const { page } = its
    await its.logIn()
    await its.pass(minutes(4) - seconds(1))
    expect(await its.bar().isVisible()).toBe(false)
    await its.pass(seconds(3))
    expect(await text(page, '#countdown [role=timer]')).toMatch(/^You will be logged out in 0:5[678]$/)
    const said = await text(page, '#countdown-status')
    expect(said).toContain('unless you stay logged in')
    expect(await its.violations()).toEqual([])
    await its.pass(seconds(10))
    expect(await text(page, '#countdown [role=timer]')).toMatch(/^You will be logged out in 0:4[5678]$/)
    expect(await text(page, '#countdown-status')).toBe(said)
    await page.click('text=Stay logged in')
    await its.bar().waitFor({ state: 'hidden' })
    await its.pass(minutes(4))
    expect((await page.goto('/profile'))?.status()).toBe(200)
    expect(path(page)).toBe('/profile')
  })

  test('a page whose clock jumped shows its content again when the server reports an active session', async () => {
    const its = story()
    const { page, context } = its
    await its.logIn()
    await context.clock.fastForward(minutes(6)) // only the browser's clock jumps
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
    expect(await its.bar().isVisible()).toBe(false)
  })

  test('two tabs show the same countdown, and extending the session in one extends both', async () => {
    const its = story()
    const { page, context } = its
    await its.logIn()
    const other = await context.newPage()
    await other.goto('/dashboard')
    await its.pass(minutes(4) + seconds(10))
    const clock = (at: Page) => text(at, '#countdown [role=timer]')
    const [one, two] = [await clock(page), await clock(other)].map((observed) => Number(observed.replace(/.* 0:/, '')))
    expect(Math.abs((one ?? 0) - (two ?? 9))).toBeLessThanOrEqual(1) // the tabs are read one after the other
    expect(one).toBeGreaterThan(40)
    await other.click('text=Stay logged in')
    await its.bar(page).waitFor({ state: 'hidden' })
    expect(await its.bar(other).isVisible()).toBe(false)
  })

  test('a re-login in one tab shows the content of all tabs again', async () => {
    const its = story()
    const { page, context } = its
    await its.logIn()
    const other = await context.newPage()
    await other.goto('/dashboard')
    await its.pass(minutes(5))
    await page.waitForSelector('#relogin-dialog[open]')
    await other.waitForSelector('#relogin-dialog[open]')
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
    await other.waitForSelector('main h1')
  })

  test('a logout in one tab removes the content of all tabs', async () => {
    const its = story()
    const { page, context } = its
    await its.logIn()
    const other = await context.newPage()
    await other.goto('/dashboard')
    await page.click('nav button')
    await other.waitForSelector('h1:has-text("You have been logged out")')
    expect(await other.content()).not.toContain(ann.email)
    expect([path(page), await text(page, '#flash')]).toEqual(['/', 'You have been logged out.'])
    await other.click('text=Log in again')
    await other.waitForURL('**/login?next=%2Fdashboard')
  })

  test('ending a session in another browser leaves its open page for the re-login page', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    await (await site.as(ann)).post('/settings/sessions/end-others')
    await page.waitForURL('**/relogin?next=%2Fprofile')
    expect(await text(page, 'main')).toContain('This session was ended from another device.')
  })

  test('a tab that logged in after a logout learns when that session is ended in another browser', async () => {
    const its = story()
    const { page, site, context } = its
    await its.logIn() // this tab receives the events for both
    const other = await context.newPage()
    await other.goto('/dashboard')
    await other.click('nav button')
    await page.waitForSelector('h1:has-text("You have been logged out")')
    await its.logIn(other)
    const elsewhere = await site.as(ann)
    await elsewhere.post('/settings/sessions/end-others')
    await other.waitForURL('**/relogin?next=%2Fprofile')
  })

  test('a page hides its content once when less than one second is left, and keeps it hidden', async () => {
    const its = story()
    const { page, site, context } = its
    await its.logIn()
    let asked = 0
    await page.route('**/session', (route) => (asked++, route.continue()))
    site.advance(minutes(5) - 500)
    await context.clock.fastForward(minutes(5))
    expect(await text(page, '#main')).toBe('')
    await page.waitForTimeout(600)
    expect(await text(page, '#main')).toBe('')
    expect(asked).toBeLessThan(5) // at most once per second
    await its.pass(seconds(1))
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
  })

  test('a page stays hidden while the server fails, and checks the session again', async () => {
    const its = story()
    const { page } = its
    await its.logIn()
    let isBroken = true
    await page.route('**/session', (route) => (isBroken ? route.fulfill({ status: 500, json: {} }) : route.continue()))
    await its.pass(minutes(5))
    await page.waitForSelector('#main >> text=No connection to the server.')
    expect(await text(page, '#main')).not.toContain('Welcome')
    isBroken = false
    await its.pass(seconds(5))
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
    expect(await text(page, '#main')).not.toContain('No connection')
  })

  test('the list of sessions shows a new session without a reload', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    await page.goto('/settings/sessions')
    expect(await page.locator('#sessions >> text=Firefox on Linux').count()).toBe(0)
    await site.browser('Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0').post('/login', ann)
    await page.waitForSelector('#sessions >> text=Firefox on Linux')
  })
})
