import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { inTransaction } from '@/deps/transaction'
import { minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { moveTo } from '../support/email-changes'
import { NEW_PASSWORD } from '../support/link-purposes'
import { ann } from '../support/people'
import { violationsInThemes } from './axe'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  text,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

const PHONE = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' as const }

const SCRIPTS: [how: string, hasScripts: boolean][] = [
  ['with scripts', true],
  ['without scripts', false],
]

describe.skipIf(!hasChromium)('securing an account in Chromium, on a phone', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>

  beforeEach(async () => {
    site = await openListeningSite({ MAIL_URL: 'mailbox:', SUPPORT_EMAIL: 'help@example.test' })
  })

  afterEach(async () => {
    await opened.context.close()
    await site.close()
    expect(opened.complaints).toEqual([])
  })

  async function openLink(hasScripts: boolean, prepare?: () => Promise<unknown>) {
    opened = await openPage(await browser(), site, { ...PHONE, javaScriptEnabled: hasScripts })
    const at = site.deps.now() - minutes(30)
    const event = { kind: 'new-device', at, browser: 'Firefox on Linux', ip: '203.0.113.…' } as const
    const token = await inTransaction(
      site.deps,
      (deps) => issueOneTimeToken(deps, 'secure-account', site.users.ann, { event }),
      { locks: [] },
    )
    await prepare?.()
    await opened.page.goto(`/secure-account?token=${token}`)
    return opened.page
  }

  /** axe needs scripts. */
  async function expectSoundPage(page: Page, hasScripts: boolean) {
    if (!hasScripts) return
    expect(await violationsInThemes(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  }

  const press = async (page: Page, keys: string, to: string) => {
    await page.keyboard.type(keys)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${site.url}${to}`)
  }

  test.each(SCRIPTS)('by keyboard from the link to a login with the new password, %s', async (_, hasScripts) => {
    const page = await openLink(hasScripts)
    await page.waitForSelector('h1:text("Secure your account")')
    expect(await text(page, 'dl')).toContain('Firefox on Linux')
    await expectSoundPage(page, hasScripts)
    await page.focus('main button[type=submit]')
    await press(page, '', '/reset-password')
    await page.waitForSelector('#flash:text("Your account is secured. Choose a new password to use it again.")')
    await expectSoundPage(page, hasScripts)
    await page.focus('#new_password')
    await press(page, NEW_PASSWORD, '/login')
    await page.waitForSelector('#flash:text("Your account is yours again.")')
    await page.focus('#email')
    await page.keyboard.type(ann.email)
    await page.focus('#password')
    await press(page, NEW_PASSWORD, '/profile')
    await page.goto('/secure-account')
    await page.waitForSelector('h1:text("This link no longer works")')
    await expectSoundPage(page, hasScripts)
  })

  test.each(SCRIPTS)('with an earlier password after a change of the address, %s', async (_, hasScripts) => {
    const page = await openLink(hasScripts, () => moveTo(site, site.users.ann, 'mallory@example.test'))
    await page.waitForSelector('text=We’ll also restore ann@example.test.')
    expect(await text(page, 'main')).toContain('Don’t remember one? Contact us: help@example.test')
    await expectSoundPage(page, hasScripts)
    if (hasScripts) await page.waitForSelector('#password:focus')
    await page.focus('#password')
    await page.keyboard.type('wrong horse battery')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#password-error:text("That isn’t a password you used before. 4 attempts left.")')
    expect(await page.inputValue('#password')).toBe('')
    await expectSoundPage(page, hasScripts)
    await page.focus('#password')
    await press(page, ann.password, '/reset-password')
    expect(await page.inputValue('#email')).toBe(ann.email)
  })

  test.each(SCRIPTS)('of a deactivated account, %s', async (_, hasScripts) => {
    const page = await openLink(hasScripts, () => deactivateUser(site.deps, site.users.ann, 'command line'))
    await page.waitForSelector('text=This account is deactivated.')
    await expectSoundPage(page, hasScripts)
    await page.click('main button[type=submit]')
    await page.waitForSelector('text=The account stays deactivated.')
    await expectSoundPage(page, hasScripts)
  })

  test('the open page of an attacker leaves the account at once', async () => {
    opened = await openPage(await browser(), site)
    const attacker = opened.page
    await logInWithoutForm(attacker, site)
    const connected = attacker.waitForResponse('**/session/stream')
    await attacker.goto('/settings')
    await (await connected).headerValue('content-type')
    const owner = site.browser()
    const token = await inTransaction(site.deps, (deps) => issueOneTimeToken(deps, 'secure-account', site.users.ann), {
      locks: [],
    })
    await owner.get(`/secure-account?token=${token}`)
    expect((await owner.post('/secure-account')).to).toBe('/reset-password')
    await attacker.waitForURL(`${site.url}/login?next=%2Fsettings`)
    expect(await text(attacker, '#flash')).toBe('Your account is secured. Choose a new password to use it again.')
  })
})
