import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { minutes } from '@/lib/duration'
import { ann, eve } from '../support/people'
import { logInWithoutForm, path, text, type ListeningSite } from './chromium'
import { inTime } from './in-time'

const endSeriesOf = ({ deps }: ListeningSite) =>
  deps.db.updateTable('remember_series').set({ ended_at: deps.now(), ended_reason: 'revoked' }).execute()

inTime((story) => {
  test('a form sent after the session ended is repeated after the re-login, and the page shows its response', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    site.advance(minutes(5))
    await page.click('main button[type=submit]')
    await page.waitForSelector('#relogin-dialog[open]')
    expect(await text(page, '#relogin-title')).toBe('Your session has ended')
    expect(await text(page, '#relogin-form')).toContain('Enter your password again, Ann. What you typed is still here.')
    expect(await page.evaluate('document.activeElement.id')).toBe('relogin-password')
    expect(await its.violations()).toEqual([])
    await its.typePassword(page, 'wrong')
    await page.waitForSelector('#relogin-password-error')
    expect(await its.violations()).toEqual([])
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
    expect(await text(page, '#flash')).toBe('Your profile has been saved.')
    expect(await page.isVisible('#relogin-dialog')).toBe(false)
  })

  test('an invalid form sent after the session ended shows its field error without leaving the page', async () => {
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

  test('a link that requires a fresh login says so, asks for the password in a dialog, and then opens', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    site.advance(minutes(4))
    await page.goto('/probe')
    site.advance(minutes(2))
    await page.goto('/settings')
    expect(await text(page, '.lock-badge')).toContain('password required')
    await page.click('main a[href="/settings/password"]')
    await page.waitForSelector('#relogin-dialog[open]')
    await page.keyboard.press('Escape')
    expect([await page.isVisible('#relogin-dialog'), path(page)]).toEqual([false, '/settings'])
    await page.click('main a[href="/settings/password"]')
    await its.typePassword()
    await page.waitForSelector('#new_password')
    expect(path(page)).toBe('/settings/password')
  })

  test('an expired page removes its content before it asks the server, and restores it after the re-login', async () => {
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

  test('another user who logs in after the session expired sees nothing of the typed input', async () => {
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

  test('a background request after the session ended opens the dialog and does not leave the page', async () => {
    const its = story()
    const { page, site } = its
    await page.route('**/session/stream', (route) => route.abort())
    await logInWithoutForm(page, site)
    await page.goto('/settings/sessions')
    await page.evaluate('window.untouched = true')
    site.advance(minutes(5))
    await page.evaluate('document.body.dispatchEvent(new Event("security-event"))')
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Sessions")')
    expect([path(page), await page.evaluate('window.untouched')]).toEqual(['/settings/sessions', true])
  })

  test('a remembered device asks for a click instead of the password', async () => {
    const its = story()
    const { page } = its
    await its.logIn(page, ann, true)
    await page.fill('#name', 'Ann Lee')
    await its.pass(minutes(5))
    await page.waitForSelector('#relogin-dialog[open] >> text=Are you still there?')
    expect([await text(page, '#main'), await its.violations()]).toEqual(['', []])
    await page.click('text=Continue')
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
    expect(await page.inputValue('#name')).toBe('Ann Lee')
  })

  test('a remembered device that was revoked meanwhile asks for the password', async () => {
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

  test('activity in another tab does not close a dialog that asks for a fresh login', async () => {
    const its = story()
    const { page, site, context } = its
    await its.logIn()
    site.advance(minutes(4))
    await page.goto('/settings')
    site.advance(minutes(2))
    await page.click('main a[href="/settings/password"]')
    await page.waitForSelector('#relogin-dialog[open] #relogin-password')
    await page.fill('#relogin-password', 'half typed')
    const other = await context.newPage()
    await other.goto('/dashboard')
    await other.close()
    expect(await page.inputValue('#relogin-password')).toBe('half typed')
  })

  test('going back after the session expired shows no private content', async () => {
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
