import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { totpCodeAt } from '@/lib/totp'
import { ann } from '../support/people'
import { readQrCode, SECURITY } from '../support/two-step-pages'
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

const PHONE = { viewport: { width: 320, height: 740 }, reducedMotion: 'reduce' as const }

describe.skipIf(!hasChromium).each([
  ['with scripts', true],
  ['without scripts', false],
])('the set-up of two-step verification in Chromium, on a phone, %s', (_, javaScriptEnabled) => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>

  beforeEach(async () => {
    site = await openListeningSite({ FRESH_SECONDS: '60' })
    opened = await openPage(await browser(), site, { ...PHONE, javaScriptEnabled, acceptDownloads: true })
    await logInWithoutForm(opened.page, site)
  })

  afterEach(async () => {
    await opened.context.close()
    await site.close()
    expect(opened.complaints).toEqual([])
  })

  /** axe needs scripts. */
  async function expectSound(page: Page) {
    if (!javaScriptEnabled) return
    expect(await violationsInThemes(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

  /** From the page of login methods to the new recovery codes. */
  async function showCodes(page: Page) {
    await page.goto(SECURITY)
    await expectSound(page)
    await page.getByRole('link', { name: 'Set up authenticator app' }).click()
    await press(page, 'Start')
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()
    await expectSound(page)
    const address = readQrCode(await page.content())
    const secret = new URL(address).searchParams.get('secret') ?? ''
    await page.fill('[name=code]', totpCodeAt(secret, site.deps.now()))
    await press(page, 'Continue')
    await page.waitForURL(`**${SECURITY}/recovery-codes`)
    await expectSound(page)
    await press(page, 'Create recovery codes')
    await page.locator('.codes').waitFor()
    await expectSound(page)
    return page.locator('.codes code').allInnerTexts()
  }

  test('three steps turn it on', async () => {
    const { page } = opened
    expect(await showCodes(page)).toHaveLength(10)
    await press(page, 'Finish')
    await page.getByText('Save the codes first. Then check this box.').waitFor()
    expect(await page.locator('.codes code').count()).toBe(10)
    await page.check('[name=saved]')
    await press(page, 'Finish')
    await page.waitForURL(`**${SECURITY}`)
    await page.getByText('Two-step verification is on.').waitFor()
    await expectSound(page)
    expect(await page.getByText('On since').isVisible()).toBe(true)
  })

  test('the codes are in the file, on paper, and explained without scripts', async () => {
    const { page } = opened
    const codes = await showCodes(page)
    if (!javaScriptEnabled) {
      expect(await page.getByText('Print or write down these codes.').isVisible()).toBe(true)
      return
    }
    const downloading = page.waitForEvent('download')
    await press(page, 'Download')
    const download = await downloading
    expect(download.suggestedFilename()).toEndWith(' recovery codes.txt')
    expect(readFileSync(await download.path(), 'utf8')).toBe(codes.map((code) => `${code}\n`).join(''))
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await press(page, 'Copy all')
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(codes.map((code) => `${code}\n`).join(''))
    await page.emulateMedia({ media: 'print' })
    expect(await page.getByText('Save your recovery codes').isVisible()).toBe(true)
    for (const hidden of ['body > header', '.side', '.actions', 'footer'])
      expect(await page.locator(hidden).first().isVisible()).toBe(false)
  })

  test('a name that is refused is corrected in its open row, and the last app is removed after a question', async () => {
    const { page } = opened
    await showCodes(page)
    await page.check('[name=saved]')
    await press(page, 'Finish')
    await page.waitForURL(`**${SECURITY}`)
    await page.locator('.row summary').click()
    await page.fill('[id^=name-]', ' ')
    await press(page, 'Rename authenticator app “Authenticator app”')
    await page.getByText('Enter a name.').waitFor()
    await expectSound(page)
    await page.fill('[id^=name-]', 'Phone')
    await press(page, 'Rename authenticator app “Authenticator app”')
    await page.locator('.row b', { hasText: /^Phone$/ }).waitFor()
    await page.locator('.row summary').click()
    await press(page, 'Remove authenticator app “Phone”')
    await page.getByText('This turns off two-step verification.').waitFor()
    await expectSound(page)
    await press(page, 'Remove')
    await page.getByText('Authenticator app removed.').waitFor()
    expect(await page.getByRole('link', { name: 'Set up authenticator app' }).isVisible()).toBe(true)
  })

  test('a stale session is confirmed on the way to the set-up', async () => {
    const { page } = opened
    await page.goto(SECURITY)
    site.advance(minutes(1))
    await page.getByRole('link', { name: 'Set up authenticator app' }).click()
    await page.locator('[name=password]').fill(ann.password)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Start' }).waitFor()
  })
})
