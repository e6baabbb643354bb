import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { minutes } from '@/lib/duration'
import { ann, eve } from '../support/people'
import { path, text, type ListeningSite } from './chromium'
import { inTime } from './in-time'

const endSeriesOf = ({ deps }: ListeningSite) =>
  deps.db.updateTable('remember_series').set({ ended_at: deps.now(), ended_reason: 'revoked' }).execute()

/** The password is asked for over the page, and nothing on it is lost. */
inTime((story) => {
  test('a form on an ended session goes through after the dialog, and its answer lands where it would have', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    site.advance(minutes(5))
    await page.click('main button[type=submit]')
    await page.waitForSelector('#relogin-dialog[open]')
    expect(await text(page, '#relogin-form')).toContain('Welcome back, Ann.')
    expect(await page.evaluate('document.activeElement.id')).toBe('relogin-password')
    expect(await its.flaws()).toEqual([])
    await its.typePassword(page, 'guess')
    await page.waitForSelector('#relogin-password-error')
    expect(await its.flaws()).toEqual([])
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
    expect(await text(page, '#flash')).toBe('Your profile has been saved.')
    expect(await page.isVisible('#relogin-dialog')).toBe(false)
  })

  test('so does one with a mistake in it: the sentence stands beside the field, and the page was never left', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    await page.evaluate('window.untouched = true')
    await page.fill('#name', '')
    site.advance(minutes(5))
    await page.click('main button[type=submit]')
    await its.typePassword()
    await page.waitForSelector('#name-error')
    expect(await page.evaluate('window.untouched')).toBe(true)
  })

  test('what wants a fresh login says so beforehand, asks over the page, and then opens', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    site.advance(minutes(4))
    await page.goto('/probe')
    site.advance(minutes(2))
    await page.goto('/settings')
    expect(await text(page, 'a[href="/settings/password"] + .lock-badge')).toBe('password required')
    await page.click('a[href="/settings/password"]')
    await page.waitForSelector('#relogin-dialog[open]')
    await page.keyboard.press('Escape')
    expect([await page.isVisible('#relogin-dialog'), path(page)]).toEqual([false, '/settings'])
    await page.click('a[href="/settings/password"]')
    await its.typePassword()
    await page.waitForSelector('#new_password')
    expect(path(page)).toBe('/settings/password')
  })

  test('at the end the page is empty before the server is asked, and comes back as it was left', async () => {
    const its = story()
    const { page } = its
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/session', async (route) => (await held, route.continue()))
    await its.pass(minutes(5))
    expect([await text(page, '#main'), await page.title()]).toEqual(['', branding.name])
    expect(await page.content()).not.toContain('Welcome, Ann')
    release()
    await its.typePassword()
    await page.waitForSelector('h1')
    expect([await page.inputValue('#name'), await page.title()]).toEqual(['Ann Lee', `Profile · ${branding.name}`])
    await page.click('main button[type=submit]')
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })

  test('somebody else who logs in instead finds no trace of what was typed', async () => {
    const its = story()
    const { page } = its
    await its.logIn()
    await page.fill('#name', 'Only Ann knows')
    await its.pass(minutes(5))
    await page.click('#relogin-form >> text=Log in as a different user')
    await page.waitForURL('**/login?next=%2Fprofile')
    await page.fill('#email', eve.email)
    await page.fill('#password', eve.password)
    await page.click('main button[type=submit]')
    await page.waitForSelector('h1:has-text("Welcome, Eve!")')
    for (const address of ['/profile', '/resume', '/dashboard']) {
      await page.goto(address)
      expect(await page.content()).not.toContain('Only Ann knows')
    }
  })

  test('a remembered device asks whether somebody is there, and needs no password', async () => {
    const its = story()
    const { page } = its
    await its.logIn(page, ann, true)
    await page.fill('#name', 'Ann Lee')
    await its.pass(minutes(5))
    await page.waitForSelector('#relogin-dialog[open] >> text=Are you still there?')
    expect([await text(page, '#main'), await its.flaws()]).toEqual(['', []])
    await page.click('text=Continue')
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
    expect(await page.inputValue('#name')).toBe('Ann Lee')
  })

  test('a device that was forgotten meanwhile asks for the password', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn(page, ann, true)
    await its.pass(minutes(5))
    await page.waitForSelector('#relogin-dialog[open] >> text=Continue')
    await endSeriesOf(site)
    await page.click('text=Continue')
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
  })

  test('work in another tab does not answer for who is asked to prove themselves', async () => {
    const its = story()
    const { page, site, context } = its
    await its.logIn()
    site.advance(minutes(4))
    await page.goto('/settings')
    site.advance(minutes(2))
    await page.click('a[href="/settings/password"]')
    await page.waitForSelector('#relogin-dialog[open] #relogin-password')
    await page.fill('#relogin-password', 'half typed')
    const other = await context.newPage()
    await other.goto('/dashboard')
    await other.close()
    expect(await page.inputValue('#relogin-password')).toBe('half typed')
  })

  test('back after the end shows nothing private', async () => {
    const its = story()
    const { page } = its
    await its.logIn()
    await page.goto('/probe')
    await its.pass(minutes(5))
    await page.goBack()
    await page.waitForURL('**/relogin?next=%2Fprofile')
    expect(await text(page, 'main')).not.toContain(ann.email.toUpperCase())
  })
})
