import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'
import { openAuthenticators } from './authenticators'
import { path, text } from './chromium'
import { inTime } from './in-time'

const LOG_IN = 'button:has-text("Log in with a passkey")'
const USE = 'button:has-text("Use a passkey")'
const ADD = 'main button:has-text("Add a passkey")'
const REFUSED = 'We couldn’t verify your passkey. Try another passkey or another way to log in.'

const usbKey = { transport: 'usb', hasResidentKey: false } as const
const withoutPin = { ...usbKey, hasUserVerification: false, isUserVerified: false }
const u2fKey = { ...withoutPin, protocol: 'u2f' } as const

async function enterPassword(page: Page, password = ann.password) {
  await page.fill('#email', ann.email)
  await page.fill('#password', password)
  await page.click('main form[action="/login"] button[type=submit]')
}

/** The list of the email field would choose the passkey of a virtual authenticator as soon as the page opens. */
const withoutList = (page: Page) =>
  page.addInitScript(`
    if (globalThis.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false
  `)

/** A page with a session would react to its end. */
async function endSession(page: Page) {
  await page.goto('about:blank')
  await page.context().clearCookies()
}

async function addPasskeyOn(page: Page) {
  await page.goto('/settings/security/passkeys/new')
  await page.click(ADD)
}

inTime((story) => {
  /** Ann is logged in and adds a passkey of this authenticator. */
  async function annWithPasskey(options: Parameters<Awaited<ReturnType<typeof openAuthenticators>>['add']>[0] = {}) {
    const its = story()
    const authenticators = await openAuthenticators(its.page)
    const authenticator = await authenticators.add(options)
    await its.logIn()
    await addPasskeyOn(its.page)
    await its.page.waitForURL('**/settings/security')
    return { ...its, authenticators, authenticator, user: its.site.users.ann }
  }

  /** Without a session, and with two-step verification. */
  async function annBeforeSecondStep(...options: Parameters<typeof annWithPasskey>) {
    const its = await annWithPasskey(...options)
    await withoutList(its.page)
    await endSession(its.page)
    await turnOnTwoStep(its.site, its.user)
    await its.page.goto('/login')
    return its
  }

  /** One entry for each active session. */
  async function methodsOf({ site, user }: Awaited<ReturnType<typeof annWithPasskey>>) {
    const active = site.deps.db.selectFrom('sessions').select('amr').where('ended_at', 'is', null)
    const rows = await active.where('user_id', '=', user.id).orderBy('amr').execute()
    return rows.map(({ amr }) => amr)
  }

  test('a user adds a passkey and logs in with the button', async () => {
    const its = await annWithPasskey()
    const { page, authenticator } = its
    expect(await text(page, '#flash')).toBe('Passkey added.')
    expect(await authenticator.credentials()).toMatchObject([
      { isResidentCredential: true, userName: ann.email, userDisplayName: ann.name },
    ])
    await withoutList(page)
    await endSession(page)
    await page.goto('/login?next=/settings')
    await page.waitForSelector(LOG_IN)
    expect(await its.violations()).toEqual([])
    await page.click(LOG_IN)
    await page.waitForURL(`${its.site.url}/settings`)
    expect([await text(page, '#flash'), await methodsOf(its)]).toEqual([
      'Logged in successfully.',
      ['passkey', 'password'],
    ])
  })

  test('the list of the email field logs in, and "Remember me" applies to it', async () => {
    const { page, authenticator, context } = await annWithPasskey()
    await endSession(page)
    await authenticator.setPresent(false)
    await page.goto('/login')
    await page.waitForSelector(LOG_IN)
    await page.check('[name=remember]')
    await authenticator.setPresent(true)
    await enterPassword(page, 'wrong') // the new form asks again
    await page.waitForURL('**/profile')
    expect((await context.cookies()).map(({ name }) => name)).toContain('remember')
  })

  test('a password logs in beside a request that waits for the list, also after a wrong one', async () => {
    const { page, authenticator, violations } = await annWithPasskey()
    await endSession(page)
    await authenticator.setPresent(false)
    await page.goto('/login')
    await page.waitForSelector(LOG_IN)
    await enterPassword(page, 'wrong')
    await page.waitForSelector('#login-error')
    expect([await page.isVisible(LOG_IN), await violations()]).toEqual([true, []])
    await enterPassword(page)
    await page.waitForURL('**/profile')
  })

  test('a refused passkey leaves the login page with its sentence and the focus', async () => {
    const { page, site, violations } = await annWithPasskey()
    await withoutList(page)
    await endSession(page)
    await page.goto('/login')
    await site.deps.db.updateTable('passkeys').set({ flagged_at: 1 }).execute()
    await page.click(LOG_IN)
    await page.waitForSelector('#login-error')
    expect(await text(page, '#login-error')).toBe(REFUSED)
    expect(await page.locator(`${LOG_IN}:focus`).count()).toBe(1)
    expect(await violations()).toEqual([])
    expect(await page.locator('[data-unknown]').count()).toBe(0)
  })

  test('a passkey that was removed here is removed in the browser when it is used', async () => {
    const { page, site, authenticator, authenticators } = await annWithPasskey()
    await site.deps.db.deleteFrom('passkeys').execute()
    await endSession(page)
    const deleted = authenticators.next('credentialDeleted')
    await page.goto('/login')
    await deleted
    expect(await authenticator.credentials()).toEqual([])
  })

  test('a passkey that is removed on the page of login methods is removed in the browser', async () => {
    const { page, authenticator, authenticators, violations } = await annWithPasskey()
    await page.click('#passkeys .row summary')
    expect(await violations()).toEqual([])
    const deleted = authenticators.next('credentialDeleted')
    await page.click('button[aria-label^="Remove passkey"]')
    await page.waitForSelector('#flash:has-text("Passkey removed.")')
    await deleted
    expect(await authenticator.credentials()).toEqual([])
  })

  test('a device that has a passkey says so, and a second device is offered', async () => {
    const { page, authenticators, authenticator } = await annWithPasskey()
    await addPasskeyOn(page)
    await page.waitForSelector('#flash[role=alert]')
    expect(await text(page, '#flash')).toBe('This device already has a passkey for your account.')
    const key = await authenticators.add({ transport: 'usb' })
    await page.click(ADD)
    await page.waitForURL('**/settings/security')
    expect([(await authenticator.credentials()).length, (await key.credentials()).length]).toEqual([1, 1])
  })

  test('a user who cancels reads that nothing was added, and stays on the page', async () => {
    const { page, logIn, violations } = story()
    const { add } = await openAuthenticators(page)
    await add({ isUserVerified: false })
    await logIn()
    await page.goto('/settings/security/passkeys/new')
    await page.waitForSelector(`${ADD}:focus`)
    await page.evaluate(`{
      const form = document.querySelector('[data-passkey]')
      const authenticatorSelection = { userVerification: 'required' }
      form.dataset.passkey = JSON.stringify({ ...JSON.parse(form.dataset.passkey), authenticatorSelection })
    }`)
    await page.click(ADD)
    await page.waitForSelector('#flash[role=alert]')
    expect(await text(page, '#flash')).toBe('No passkey was added. The request was cancelled or timed out.')
    expect([path(page), await violations()]).toEqual(['/settings/security/passkeys/new', []])
  })

  test('a passkey is the second step after a password', async () => {
    const its = await annBeforeSecondStep()
    const { page, violations } = its
    await enterPassword(page)
    await page.waitForSelector(`${USE}:focus`)
    expect(await violations()).toEqual([])
    await page.click(USE)
    await page.waitForURL('**/profile')
    expect(await methodsOf(its)).toEqual(['password security-key']) // Chromium verifies no user where the site does not ask for it
  })

  test.each([
    ['a security key without PIN', withoutPin],
    ['a U2F key', u2fKey],
  ])('%s is a second step, and the login page refuses it', async (_, options) => {
    const its = await annBeforeSecondStep(options)
    const { page } = its
    await page.click(LOG_IN)
    await page.waitForSelector('#flash[role=alert]')
    expect(await text(page, '#flash')).toBe('No passkey was used. The request was cancelled or timed out.')
    await enterPassword(page)
    await page.waitForSelector(USE)
    await page.click(USE)
    await page.waitForURL('**/profile')
    expect(await methodsOf(its)).toEqual(['password security-key'])
  })

  test('without its authenticator a user reads what happened, and a code works', async () => {
    const its = await annBeforeSecondStep(usbKey)
    const { page, site, user, authenticator, authenticators } = its
    const app = await addApp(site, user)
    await authenticator.remove()
    await authenticators.add(usbKey)
    await enterPassword(page)
    await page.waitForSelector(`${USE}:focus`)
    await page.click(USE)
    await page.waitForSelector('#flash[role=alert]')
    expect(await text(page, '#flash')).toBe('No passkey was used. The request was cancelled or timed out.')
    await page.fill('#code', app.code())
    await page.keyboard.press('Enter')
    await page.waitForURL('**/profile')
  })

  test('the re-login dialog asks for the passkey at once, and the waiting form is sent', async () => {
    const its = await annWithPasskey()
    const { page, site } = its
    await page.goto('/profile')
    await page.fill('#name', 'Ann Lee')
    site.advance(minutes(5))
    await page.click('main form[action="/profile"] button[type=submit]')
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
    expect(await page.isVisible('#relogin-dialog')).toBe(false)
    expect(await methodsOf(its)).toEqual(['passkey'])
  })

  test('a user who declines the passkey in the dialog uses its button or the password', async () => {
    const { page, site, authenticator, violations } = await annWithPasskey()
    await authenticator.setPresent(false)
    await page.goto('/profile')
    await page.fill('#name', 'Ann Lee')
    site.advance(minutes(5))
    await page.click('main form[action="/profile"] button[type=submit]')
    await page.waitForSelector(`#relogin-dialog[open] ${USE}:focus`)
    expect(await violations()).toEqual([])
    await page.fill('#relogin-password', 'wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#relogin-password-error')
    expect(await violations()).toEqual([])
    await authenticator.setPresent(true)
    await page.click(`#relogin-dialog ${USE}`)
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })

  test('in the dialog a passkey follows the password of a user with security keys only', async () => {
    const its = await annBeforeSecondStep(withoutPin)
    const { page, site } = its
    await enterPassword(page)
    await page.waitForSelector(USE)
    await page.click(USE)
    await page.waitForURL('**/profile')
    await page.fill('#name', 'Ann Lee')
    site.advance(minutes(5))
    await page.click('main form[action="/profile"] button[type=submit]')
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })

  test('after a new name the browser shows it with the passkey', async () => {
    const { page, authenticator, authenticators } = await annWithPasskey()
    await page.goto('/profile')
    await page.fill('#name', 'Ann Lee')
    const updated = authenticators.next('credentialUpdated')
    await page.click('main form[action="/profile"] button[type=submit]')
    await updated
    expect(await authenticator.credentials()).toMatchObject([{ userDisplayName: 'Ann Lee', userName: ann.email }])
  })

  test.each([-7, -8, -257])('a passkey with the algorithm %d logs in', async (alg) => {
    const its = story()
    const { page, logIn } = its
    const { add } = await openAuthenticators(page)
    await add()
    await logIn()
    await page.goto('/settings/security/passkeys/new')
    await page.waitForSelector(ADD)
    await page.evaluate(`{
      const form = document.querySelector('[data-passkey]')
      const pubKeyCredParams = [{ type: 'public-key', alg: ${alg} }]
      form.dataset.passkey = JSON.stringify({ ...JSON.parse(form.dataset.passkey), pubKeyCredParams })
    }`)
    await page.click(ADD)
    await page.waitForURL('**/settings/security')
    const stored = await its.site.deps.db.selectFrom('passkeys').select('algorithm').execute()
    expect(stored).toEqual([{ algorithm: alg }])
    await endSession(page)
    await page.goto('/login')
    await page.waitForURL('**/profile')
  })

  signupTest('a sign-up with a passkey needs no password, and the errors of its fields come first', async () => {
    const { page, violations } = story()
    const { add } = await openAuthenticators(page)
    const authenticator = await add()
    await page.goto('/signup')
    await page.click('button:has-text("Sign up with a passkey")')
    await page.waitForSelector('#email-error')
    expect([await page.locator('#password-error').count(), await authenticator.credentials()]).toEqual([0, []])
    expect(await violations()).toEqual([])
    await page.fill('#email', 'zoe@example.test')
    await page.fill('#name', 'Zoe')
    await page.click('button:has-text("Sign up with a passkey")')
    await page.waitForURL('**/profile') // the login page logs in with it at once
    expect(await authenticator.credentials()).toMatchObject([{ userName: 'zoe@example.test', userDisplayName: 'Zoe' }])
  })

  signupTest('a sign-up with a taken address leaves no passkey in the browser', async () => {
    const { page } = story()
    const authenticators = await openAuthenticators(page)
    const authenticator = await authenticators.add()
    await page.goto('/signup')
    await page.fill('#email', ann.email)
    await page.fill('#name', 'Zoe')
    const deleted = authenticators.next('credentialDeleted')
    await page.click('button:has-text("Sign up with a passkey")')
    await page.waitForSelector('#email-error')
    await deleted
    expect(await authenticator.credentials()).toEqual([])
  })

  test('the offer after a login appears on a device that can check its user, and "Not now" removes it', async () => {
    const { page, violations } = story()
    const { add } = await openAuthenticators(page)
    await page.goto('/login')
    await enterPassword(page)
    await page.waitForURL('**/profile')
    expect(await page.locator('#passkey-offer:not([hidden])').count()).toBe(0)
    await add()
    await endSession(page)
    await page.goto('/login')
    await enterPassword(page)
    await page.waitForURL('**/profile')
    await page.waitForSelector('#passkey-offer:not([hidden])')
    expect(await violations()).toEqual([])
    await page.click('text=Not now')
    await page.waitForSelector('#passkey-offer', { state: 'detached' })
    expect([path(page), await violations()]).toEqual(['/profile', []])
  })

  test('the button of the offer opens the page for a new passkey', async () => {
    const { page } = story()
    const { add } = await openAuthenticators(page)
    await page.goto('/login')
    await add()
    await enterPassword(page)
    await page.waitForSelector('#passkey-offer:not([hidden])')
    await page.click('#passkey-offer >> text=Add a passkey')
    await page.waitForSelector(ADD)
    await page.click(ADD)
    await page.waitForURL('**/settings/security')
  })
})
