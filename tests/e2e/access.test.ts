import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { revokeSessionsOf } from '@/model/sessions/end-all'
import { recordEvent } from '@/model/security-events/security-events'
import { tokenTest } from '../support/features'
import { ann } from '../support/people'
import { makeToken } from '../support/tokens'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  path,
  text,
  type ListeningSite,
} from './chromium'
import { withScriptsAndWithout } from './stories'

setDefaultTimeout(60_000)

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0'

const MAX_BYTES = 10 * 1024

describe.skipIf(!hasChromium)('a page of the account in Chromium', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  beforeAll(async () => void (site = await openListeningSite({ FRESH_SECONDS: '3600', SESSION_IDLE_SECONDS: '3600' })))
  afterEach(() => revokeSessionsOf(site.deps, site.users.ann, 'a test'))
  afterAll(() => site.close())

  async function open(address: string) {
    const opened = await openPage(await browser(), site, { viewport: { width: 1280, height: 800 } })
    await logInWithoutForm(opened.page, site)
    const connected = opened.page.waitForResponse('**/session/stream')
    const response = await opened.page.goto(address)
    await connected
    const bytes = (await response?.request().sizes())?.responseBodySize
    const close = async () => {
      await opened.context.close()
      expect(opened.complaints).toEqual([])
    }
    return { ...opened, bytes, close }
  }

  test('a list of twenty sessions is at most 1,700 px high, and its rows at most 72 px', async () => {
    for (let i = 0; i < 19; i++) await site.as(ann, { userAgent: i % 2 ? PHONE : FIREFOX, remembered: i % 3 === 0 })
    const { page, bytes, close } = await open('/settings/sessions')
    const [height, rows] = await page.evaluate<[number, number[]]>(`[
      document.documentElement.scrollHeight,
      Array.from(document.querySelectorAll('#sessions section .row'), (row) => row.getBoundingClientRect().height),
    ]`)
    expect(rows).toHaveLength(20)
    expect(Math.max(...rows)).toBeLessThanOrEqual(72)
    expect(height).toBeLessThanOrEqual(1700)
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES)
    await close()
  })

  tokenTest('a list of twenty tokens has rows of at most 72 px', async () => {
    for (let i = 0; i < 20; i++)
      await makeToken(site.deps, site.users.ann, {
        name: `Token ${i}`,
        scopes: ['profile:read'],
        lifetime: days(i + 1),
      })
    const { page, bytes, close } = await open('/settings/tokens')
    const rows = await page.evaluate<number[]>(
      `Array.from(document.querySelectorAll('.row'), (row) => row.getBoundingClientRect().height)`,
    )
    expect(rows).toHaveLength(20)
    expect(Math.max(...rows)).toBeLessThanOrEqual(72)
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES)
    await site.deps.db.deleteFrom('api_tokens').execute()
    await close()
  })

  test('a refresh keeps open rows open, moves them with their session, and keeps the focus', async () => {
    await (await site.as(ann)).post('/logout')
    await site.as(ann, { userAgent: PHONE })
    site.advance(minutes(1))
    const { page, close } = await open('/settings/sessions')
    const row = '#sessions section .row'
    await page.click(`${row}:has-text("Safari on iOS") summary`)
    await page.click('.group > summary')
    await page.focus('#end-others a')
    await site.as(ann, { userAgent: FIREFOX }) // its row is above the one of the phone
    const refresh = () => recordEvent(site.deps, { kind: 'account-unlocked', userId: site.users.ann.id, by: 'admin' })
    await refresh()
    await page.waitForSelector(`${row}:nth-child(2):has-text("Firefox on Linux")`)
    expect(await page.locator('details[open] > summary b').allInnerTexts()).toEqual([
      'Safari on iOS',
      'Ended sessions of the last 30 days',
    ])
    expect(await text(page, ':focus')).toBe('Log out all other devices')
    await close()
  })

  test('the button that logs out all other devices comes and goes with them', async () => {
    const { page, close } = await open('/settings/sessions')
    expect(await page.locator('#end-others a').count()).toBe(0)
    const phone = site.browser(PHONE)
    await phone.post('/login', ann)
    await page.waitForSelector('#end-others a')
    await phone.post('/logout')
    await page.waitForSelector('#end-others a', { state: 'detached' })
    await close()
  })

  test('the dialog of a session returns the focus to its link, and after it the focus is on the message', async () => {
    await site.as(ann, { userAgent: PHONE })
    const { page, close } = await open('/settings/sessions')
    const link = page.locator('[aria-label="Log out Safari on iOS"]')
    for (const key of ['Enter', 'Escape']) {
      await link.click()
      await page.waitForSelector('#page-dialog[open] h1:has-text("Log out Safari on iOS?")')
      expect(await text(page, ':focus')).toBe('Cancel')
      await page.keyboard.press(key)
      await page.waitForSelector('#page-dialog', { state: 'hidden' })
      expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Log out Safari on iOS')
    }
    await link.click()
    await page.click('#page-dialog button')
    await page.waitForSelector('#flash:focus:has-text("Session ended.")')
    expect([await link.count(), path(page)]).toEqual([0, '/settings/sessions'])
    await close()
  })

  tokenTest('an error of a new token has the focus, and a new token is on one line with its button', async () => {
    const { page, close } = await open('/settings/tokens')
    const created = () => site.events.filter(({ kind }) => kind === 'token-created').length
    const before = created()
    await page.click('text=New token')
    await page.waitForSelector('#name')
    await page.click('text=Create token')
    await page.waitForSelector('#name-error')
    await page.waitForSelector('#name:focus')
    await page.fill('#name', 'Backup')
    await page.click('text=Custom date')
    await page.click('text=Create token')
    await page.waitForSelector('#expires_on-error')
    await page.waitForSelector('#expires_on:focus')
    await page.click('text=365 days')
    await page.click('text=Create token')
    await page.waitForSelector('#flash:focus:has-text("It is shown only once.")')
    const [code, button] = await Promise.all(
      ['#new-token', '#new-token + button'].map((part) => page.locator(part).boundingBox()),
    )
    expect(button?.x).toBeGreaterThan((code?.x ?? 0) + (code?.width ?? 0))
    expect(Math.abs((button?.y ?? 0) - (code?.y ?? 99))).toBeLessThan(20)
    await page.reload() // nothing is sent again
    expect(created()).toBe(before + 1)
    await close()
  })
})

withScriptsAndWithout((its) => {
  test('a user logs out one other device, then all others', async () => {
    const { page, site, logIn } = its()
    for (const userAgent of [PHONE, FIREFOX, FIREFOX]) await site.as(ann, { userAgent })
    await logIn()
    await page.goto('/settings/sessions')
    await page.click('[aria-label="Log out Safari on iOS"]')
    await page.click('button.danger:has-text("Log out")')
    await page.waitForSelector('#flash:has-text("Session ended.")')
    await page.click('text=Log out all other devices')
    await page.waitForSelector('text=2 other sessions end now')
    await page.click('button.danger:has-text("Log out all other devices")')
    await page.waitForSelector('#flash:has-text("All other sessions have ended.")')
    expect(await page.locator('#sessions section .row').count()).toBe(1)
    expect(await page.locator('#end-others a').count()).toBe(0)
    await page.click('[aria-label="Log out this device"]')
    await page.waitForSelector('text=You have been logged out.')
  })

  tokenTest('the custom date is there only while it is chosen', async () => {
    const { page, logIn } = its()
    await logIn()
    await page.goto('/settings/tokens/new')
    expect(await page.isVisible('#expires_on')).toBe(false)
    await page.check('[value=custom]')
    await page.fill('#name', 'Backup')
    await page.fill('#expires_on', '2030-03-01')
    await page.click('text=Create token')
    await page.waitForSelector('#new-token')
  })
})
