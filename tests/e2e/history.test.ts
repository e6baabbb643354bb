import { expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { hours } from '@/lib/duration'
import { signupTest, tokenTest } from '../support/features'
import { path } from './chromium'
import { inTime } from './in-time'
import { withScriptsAndWithout } from './stories'

setDefaultTimeout(60_000)

const PRIVATE = ['/profile', '/dashboard', '/settings/activity']

const hers = /\bAnn\b|ann@example\.test/

async function expectNothing(page: Page, where: string | number) {
  await page.waitForLoadState()
  const found = hers.exec(`${await page.title()} ${await page.content()}`)
  expect([where, page.url(), found?.[0]]).toEqual([where, page.url(), undefined])
}

withScriptsAndWithout((its) => {
  test('after a logout neither the history nor a reopened tab shows private content', async () => {
    const { page, logIn } = its()
    await page.goto('/')
    await logIn()
    for (const at of PRIVATE) await page.goto(at)
    await page.click('nav >> text=Logout')
    await page.waitForURL('**/')
    for (let step = 1; step <= PRIVATE.length + 2; step++) {
      await page.goBack()
      await expectNothing(page, step)
    }
    const again = await page.context().newPage()
    for (const at of PRIVATE) {
      await again.goto(at)
      expect(path(again)).toBe(`/login?next=${encodeURIComponent(at)}`)
      await expectNothing(again, at)
    }
  })

  test('after a logout in another tab the history shows no private content', async () => {
    const { page, logIn } = its()
    await logIn()
    await page.goto('/dashboard')
    await page.goto('/api/docs')
    const beside = await page.context().newPage()
    await beside.goto('/logout')
    await beside.click('main form button[type=submit]')
    await beside.waitForURL('**/')
    await page.bringToFront()
    for (const step of ['the dashboard', 'the profile']) {
      await page.goBack()
      await expectNothing(page, step)
    }
  })

  test('neither a reload nor navigation in the history sends a form again', async () => {
    const { page, site, logIn, send } = its()
    const names = async () => (await site.deps.db.selectFrom('users').select('name').execute()).map(({ name }) => name)
    await logIn()
    await page.fill('#name', 'Ann Lee')
    await send()
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
    await site.deps.db.updateTable('users').set({ name: 'Changed since' }).execute()
    await page.reload()
    expect(await page.title()).toContain('Profile')
    expect(await names()).toEqual(['Changed since', 'Changed since'])
    const logins = site.events.filter(({ kind }) => kind === 'logged-in').length
    await page.goto('/probe')
    await page.goto('/login')
    await page.waitForURL('**/profile')
    expect(site.events.filter(({ kind }) => kind === 'logged-in')).toHaveLength(logins)
  })

  signupTest('a double click submits a form once', async () => {
    const { page, site } = its()
    await page.goto('/signup')
    await page.fill('#email', 'zoe@example.test')
    await page.fill('#name', 'Zoe')
    await page.fill('#password', 'violet marmalade kettle')
    await page.dblclick('main button[type=submit]')
    await page.waitForSelector('h1:has-text("Log"), #email-error')
    expect(site.events.filter(({ kind }) => kind === 'signed-up')).toHaveLength(3)
    await page.goto('/login')
    await page.fill('#email', 'zoe@example.test')
    await page.fill('#password', 'violet marmalade kettle')
    await page.dblclick('main button[type=submit]')
    await page.waitForURL('**/profile')
    await page.goto('/settings/sessions')
    expect(await page.locator('#sessions section .row').count()).toBe(1)
  })
})

inTime((story) => {
  tokenTest('going back does not show a new token again, and a reload creates no second token', async () => {
    const { page, site, logIn } = story()
    await logIn()
    await page.goto('/settings/tokens/new')
    await page.fill('#name', 'Backup')
    await page.click('text=Create token')
    const token = await page.locator('#new-token').innerText()
    await page.goto('/probe')
    await page.goBack()
    await page.waitForSelector('h1:has-text("New token")')
    expect(await page.content()).not.toContain(token)
    await page.reload()
    await page.goto('/settings/tokens')
    expect(await page.locator('.row:has-text("Backup")').count()).toBe(1)
    expect(site.events.filter(({ kind }) => kind === 'token-created')).toHaveLength(1)
  })

  test('every page in the history asks for the password after the absolute limit', async () => {
    const { page, site, logIn } = story()
    await logIn()
    for (const at of [...PRIVATE, '/api/docs']) await page.goto(at)
    site.advance(hours(12))
    for (const at of PRIVATE.toReversed()) {
      await page.goBack()
      await page.waitForURL(`**/relogin?next=${encodeURIComponent(at)}`)
      expect(await page.content()).not.toContain('Member since')
    }
  })
})
