import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { QueueFull } from '@/lib/fair-queue'
import { signupTest } from '../support/features'
import { ann } from '../support/people'
import { path, text } from './chromium'
import { inTime } from './in-time'
import { withScriptsAndWithout } from './stories'

const BUSY = () => Promise.reject(new QueueFull('full'))

inTime((story) => {
  test('a request without a response within a minute shows a message, and the input of the page stays', async () => {
    const its = story()
    const { page } = its
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    await page.route('**/profile', () => new Promise(() => undefined))
    const asked = page.waitForRequest((request) => request.method() === 'POST')
    await page.click('main form[action="/profile"] button')
    await asked
    await its.pass(minutes(1))
    await page.waitForSelector('#flash[role=alert]:has-text("No answer from the server. Your input is still here.")')
    expect([await page.inputValue('#name'), path(page)]).toEqual(['Ann Lee', '/profile'])
    await page.waitForSelector('main form[action="/profile"] button:enabled')
  })

  test('a busy server shows a message in the re-login dialog, and the input of the page stays', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    site.advance(minutes(5))
    await page.click('main button[type=submit]')
    const { hashQueue } = site.deps
    const { run } = hashQueue
    hashQueue.run = BUSY
    await its.typePassword()
    await page.waitForSelector('.dialog-error')
    expect(await text(page, '.dialog-error')).toBe('The server is busy. Please try again.')
    expect(await its.violations()).toEqual([])
    hashQueue.run = run
    await page.click('#relogin-form button[type=submit]')
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })

  test('the re-login dialog shows the wait after failed logins, and accepts the password afterwards', async () => {
    const its = story()
    const { page, site } = its
    site.deps.config.limits.device.freeAttempts = 1
    await page.goto('/login') // the form sets the device cookie
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.click('main button[type=submit]')
    await page.waitForURL('**/profile')
    await page.fill('#name', 'Ann Lee')
    site.advance(minutes(5))
    await page.click('main button[type=submit]')
    await its.typePassword(page, 'wrong')
    await page.waitForSelector('#relogin-password-error')
    await its.typePassword()
    await page.waitForSelector('#relogin-form >> text=Too many attempts. Wait 1 second')
    site.advance(1000)
    await its.typePassword()
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })

  test('the re-login page of an active session shows a failed login on that page', async () => {
    const its = story()
    const { page, site } = its
    await its.logIn()
    site.advance(minutes(4))
    await page.goto('/probe')
    site.advance(minutes(2))
    await page.goto('/settings/password')
    expect(path(page)).toStartWith('/relogin')
    await page.fill('#password', 'wrong')
    await page.click('main button[type=submit]')
    await page.waitForSelector('#main #password-error')
    await page.fill('#password', 'correct horse battery')
    await page.click('main button[type=submit]')
    await page.waitForURL('**/settings/password')
  })
})

withScriptsAndWithout((its) => {
  signupTest('a sign-up that a busy server refuses can be sent again without typing the input again', async () => {
    const { page, site, send } = its()
    const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }
    await page.goto('/signup')
    for (const [id, value] of Object.entries(abe)) await page.fill(`#${id}`, value)
    const { hashQueue } = site.deps
    const { run } = hashQueue
    hashQueue.run = BUSY
    await send()
    await page.waitForSelector('text=Nothing was saved. Please try again')
    hashQueue.run = run
    if (await page.$('#password')) await send()
    else await page.reload()
    await page.waitForURL('**/login')
    expect(await text(page, '#flash')).toBe('Account created. Please log in.')
  })
})
