import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { inTransaction } from '@/deps/transaction'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { LOST, RESET, resetRow, resetToken } from '../support/factor-resets'
import { ann, eve } from '../support/people'
import { changeRole } from '@/model/users/roles'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import { violationsInThemes } from './axe'
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

setDefaultTimeout(60_000)

describe.skipIf(!hasChromium)('a user who lost all second factors', () => {
  const browser = browserOfFile()
  const sites: ListeningSite[] = []
  afterEach(async () => void (await Promise.all(sites.splice(0).map((site) => site.close()))))

  async function annsPage(hasScripts = true) {
    const site = await openListeningSite({ MAIL_URL: 'mailbox:' })
    sites.push(site)
    await addApp(site, site.users.ann)
    await addCodes(site, site.users.ann)
    await turnOnTwoStep(site, site.users.ann)
    const opened = await openPage(await browser(), site, { javaScriptEnabled: hasScripts, reducedMotion: 'reduce' })
    return { site, ...opened }
  }

  async function typePassword(page: Page) {
    await page.context().clearCookies()
    await page.goto('/login')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.click('main button[type=submit]')
    await page.waitForURL('**/login/second-step*')
  }

  /** Fits 320 px, and has no accessibility violation in both themes. */
  async function expectGoodPage(page: Page) {
    await page.setViewportSize({ width: 320, height: 700 })
    expect([path(page), await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path(page), 320])
    expect([path(page), await violationsInThemes(page)]).toEqual([path(page), []])
  }

  for (const hasScripts of [true, false])
    test(`gets the account back after the waiting period, with scripts ${hasScripts ? 'on' : 'off'}`, async () => {
      const { site, page, complaints } = await annsPage(hasScripts)
      await typePassword(page)
      await page.click('text=I can’t use any of these')
      await page.waitForURL(`**${LOST}*`)
      await page.click('main >> text=Continue')
      await page.waitForSelector('text=Check your email for a link')
      await page.goto(`${RESET}?token=${await resetToken(site)}`)
      expect(path(page)).toBe(RESET)
      await page.click('text=Start the waiting period')
      await page.waitForSelector('text=The waiting period has started.')
      site.advance(site.deps.config.factorReset)
      await typePassword(page)
      expect(await text(page, 'main')).toContain('The waiting period is over. We’ve emailed you a link to finish.')
      await page.goto(`${RESET}?token=${await resetToken(site)}`)
      await page.click('main button:has-text("Remove two-step verification")')
      await page.waitForSelector('text=Two-step verification was removed.')
      await page.goto('/login')
      await page.fill('#email', ann.email)
      await page.fill('#password', ann.password)
      await page.click('main button[type=submit]')
      await page.waitForURL('**/profile')
      expect(complaints).toEqual([])
    })

  test('sees accessible pages on the way', async () => {
    const { site, page, complaints } = await annsPage()
    await typePassword(page)
    await page.goto(LOST)
    await expectGoodPage(page)
    await page.click('main >> text=Continue')
    await page.waitForSelector('text=Check your email for a link')
    await page.goto(`${RESET}?token=${await resetToken(site)}`)
    await expectGoodPage(page)
    await page.click('text=Start the waiting period')
    await page.waitForSelector('text=The waiting period has started.')
    await page.goto(LOST)
    await expectGoodPage(page)
    site.advance(site.deps.config.factorReset)
    await typePassword(page)
    await page.click('summary')
    await expectGoodPage(page)
    await page.goto(`${RESET}?token=${await resetToken(site)}`)
    await expectGoodPage(page)
    await site.deps.db.updateTable('users').set({ email_verified_at: 1 }).execute()
    const event = { kind: 'new-device', at: 1 } as const
    const token = await inTransaction(
      site.deps,
      (deps) => issueOneTimeToken(deps, 'reset-password', site.users.ann, { event }),
      { locks: [] },
    )
    await page.goto(`/reset-password?token=${token}`)
    await page.click('summary')
    await expectGoodPage(page)
    expect(complaints).toEqual([])
  })

  test('stops the removal by one click on any page', async () => {
    const { site, page, complaints } = await annsPage()
    await typePassword(page)
    await page.goto(LOST)
    await page.click('main >> text=Continue')
    await page.waitForSelector('text=Check your email for a link')
    await page.goto(`${RESET}?token=${await resetToken(site)}`)
    await page.click('text=Start the waiting period')
    await page.waitForSelector('text=The waiting period has started.')
    await page.context().clearCookies()
    await logInWithoutForm(page, site, ann, false, ['password', 'totp'])
    await page.goto('/profile')
    await expectGoodPage(page)
    await page.click('text=Cancel removal')
    await page.waitForSelector('text=Two-step verification will not be removed.')
    expect(path(page)).toBe('/settings/security')
    expect(await resetRow(site)).toBeUndefined()
    expect(complaints).toEqual([])
  })

  test('is helped by an administrator, who confirms in a dialog', async () => {
    const { site, page, complaints } = await annsPage()
    await changeRole(site.deps, site.users.eve, 'admin', 'command line')
    await logInWithoutForm(page, site, eve)
    await page.goto(`/admin/users/${site.users.ann.id}`)
    await page.click('main a:has-text("Reset two-step verification")')
    await page.waitForSelector('#page-dialog[open] >> text=Don’t rely on an email.')
    await page.click('#page-dialog button:has-text("Reset two-step verification")')
    await page.waitForSelector('text=Two-step verification was removed.')
    expect(complaints).toEqual([])
  })
})
