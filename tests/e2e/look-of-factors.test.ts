import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { adminTest } from '../support/features'
import { issueTo } from '../support/one-time-links'
import { addPasskey } from '../support/passkeys'
import { ann } from '../support/people'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import { browserOfFile, hasChromium, openListeningSite, openPage, type ListeningSite } from './chromium'
import { problemsOf } from './looks'

setDefaultTimeout(120_000)

const LONG_NAME = 'W'.repeat(60)

/** Each state starts from the page of the state before. */
type State = [name: string, go: (page: Page, site: ListeningSite) => Promise<unknown>]

const goTo = (path: string): State => [path, (page) => page.goto(path)]

/** Ann has every kind of factor, also passkeys that no longer work. */
async function addFactors(site: ListeningSite) {
  const { deps, users } = site
  await addPasskey(site, users.ann, { name: LONG_NAME })
  const copied = await addPasskey(site, users.ann, { name: 'Copied' })
  const old = await addPasskey(site, users.ann, { name: 'Old' })
  await addPasskey(site, users.ann, { name: 'Key', uv: false, isDiscoverable: false })
  await deps.db.updateTable('passkeys').set({ flagged_at: 1 }).where('id', '=', copied.id).execute()
  await deps.db.updateTable('passkeys').set({ rp_id: 'old.example' }).where('id', '=', old.id).execute()
  await addApp(site, users.ann, LONG_NAME)
  await addCodes(site, users.ann)
  await turnOnTwoStep(site, users.ann)
}

/** Without the script, which would ask for a passkey. */
const sendPasskey = (page: Page) =>
  page.evaluate(
    `document.querySelector('main [data-passkey] [name=assertion], main [data-passkey] [name=attestation]').form.submit()`,
  )

async function enterPassword(page: Page) {
  await page.goto('/login')
  await page.fill('#email', ann.email)
  await page.fill('#password', ann.password)
  await page.click('main form[action="/login"] button[type=submit]')
}

async function logIn(page: Page, site: ListeningSite) {
  const userAgent = await page.evaluate<string>('navigator.userAgent')
  const { jar } = await site.as(ann, { userAgent, amr: ['password', 'totp'] })
  await page.context().addCookies([...jar].map(([name, value]) => ({ name, value, url: site.url })))
}

async function sendCode(page: Page, field: 'code' | 'recovery_code') {
  await page.fill(`#${field}`, 'wrong')
  await page.locator(`#${field}`).press('Enter')
  await page.waitForSelector(`#${field}-error`)
}

async function openLater(page: Page, site: ListeningSite, path: string) {
  site.advance(minutes(4))
  await page.goto('/')
  site.advance(minutes(2))
  await page.goto(path)
}

const visitorStates: State[] = [
  [
    'a login with a refused passkey',
    async (page) => {
      await page.goto('/login')
      await sendPasskey(page)
      await page.waitForSelector('#login-error')
    },
  ],
  [
    'the second step',
    async (page) => {
      await enterPassword(page)
      await page.waitForSelector('text=Use a passkey')
    },
  ],
  ['a wrong code', (page) => sendCode(page, 'code')],
  [
    'a wrong recovery code',
    async (page) => {
      await page.click('text=Use a recovery code')
      await sendCode(page, 'recovery_code')
    },
  ],
  [
    'a refused passkey at the second step',
    async (page) => {
      await sendPasskey(page)
      await page.waitForSelector('#passkey-error')
    },
  ],
  goTo('/login/second-step/lost'),
  ...(['factor-reset-confirm', 'factor-reset-finish'] as const).map((purpose): State => [
    purpose,
    async (page, site) => page.goto(`/login/reset-factors?token=${await issueTo(site, site.users.ann, purpose)}`),
  ]),
]

const accountStates: State[] = [
  goTo('/settings/security'),
  [
    'a name that is refused',
    async (page) => {
      for (const summary of await page.locator('.row summary').all()) await summary.click()
      await page
        .locator('[aria-label^="Rename passkey"]')
        .first()
        .locator('xpath=ancestor::form')
        .locator('[name=name]')
        .fill('')
      await page.locator('[aria-label^="Rename passkey"]').first().click()
      await page.waitForSelector('.field-error')
    },
  ],
  goTo('/settings/security/passkeys/new'),
  [
    'a passkey that is refused',
    async (page) => {
      await sendPasskey(page)
      await page.waitForSelector('#passkey-error')
    },
  ],
  goTo('/settings/security/app/new'),
  [
    'the QR code',
    async (page) => {
      await page.click('text=Start')
      await page.waitForSelector('[role=img]')
    },
  ],
  ['a wrong code of the new app', (page) => sendCode(page, 'code')],
  goTo('/settings/security/recovery-codes'),
  [
    'recovery codes',
    async (page) => {
      await page.click('main form[action^="/settings/security/recovery-codes"] button')
      await page.waitForSelector('main li code')
    },
  ],
  [
    'turning two-step verification off',
    async (page) => {
      await page.goto('/settings/security')
      await page.click('text=Turn off')
      await page.waitForSelector('h1:has-text("Turn off two-step verification?")')
    },
  ],
  goTo('/settings/security/password/remove'),
  ['a re-login', (page, site) => openLater(page, site, '/settings/password')],
  [
    'a refused passkey at the re-login',
    async (page) => {
      await sendPasskey(page)
      await page.waitForSelector('#passkey-error')
    },
  ],
  ['a wrong code at the re-login', (page) => sendCode(page, 'code')],
  [
    'the dialog of a re-login',
    async (page) => {
      await page.goto('/settings')
      await page.click('main a[href="/settings/password"]')
      await page.waitForSelector('#relogin-dialog[open] >> text=Use a passkey')
    },
  ],
]

const adminStates: State[] = [
  ['a user with factors', async (page, { users }) => page.goto(`/admin/users/${users.ann.id}`)],
  ['a reset of factors', async (page, { users }) => page.goto(`/admin/users/${users.ann.id}/reset-two-step`)],
]

describe.skipIf(!hasChromium)('in light and dark, narrow and wide, and with large text', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>

  beforeEach(async () => {
    site = await openListeningSite({ MAIL_URL: 'mailbox:' })
    opened = await openPage(await browser(), site, { reducedMotion: 'reduce' })
    await addFactors(site)
  })

  afterEach(async () => {
    await opened.context.close()
    await site.close()
    expect(opened.complaints).toEqual([])
  })

  async function expectNoProblems(states: State[]) {
    const found: unknown[] = []
    for (const [name, go] of states) {
      await go(opened.page, site)
      found.push(...(await problemsOf(opened.page)).map((problem) => [name, problem]))
    }
    expect(found).toEqual([])
  }

  test('the second step and the reset of factors are accessible, fit the screen and break no policy rule', () =>
    expectNoProblems(visitorStates))

  test('the pages of login methods are accessible, fit the screen and break no policy rule', async () => {
    await logIn(opened.page, site)
    await expectNoProblems(accountStates)
  })

  adminTest(
    'the pages for an admin about factors are accessible, fit the screen and break no policy rule',
    async () => {
      const { page } = opened
      await changeRole(site.deps, site.users.eve, 'admin', 'command line')
      const userAgent = await page.evaluate<string>('navigator.userAgent')
      const { jar } = await site.as({ email: site.users.eve.email }, { userAgent })
      await page.context().addCookies([...jar].map(([name, value]) => ({ name, value, url: site.url })))
      await expectNoProblems(adminStates)
    },
  )
})
