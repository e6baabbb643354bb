import { expect, setDefaultTimeout, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann, eve } from '../support/people'
import { path, text } from './chromium'
import { withScriptsAndWithout } from './stories'

setDefaultTimeout(30_000)

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }

withScriptsAndWithout((its) => {
  signupTest('a user signs up, logs in, edits the profile, logs in again after the timeout and logs out', async () => {
    const { page, site, send } = its()
    await page.goto('/')
    await page.click('nav >> text=Sign Up')
    for (const [id, value] of Object.entries(abe)) await page.fill(`#${id}`, value)
    await send()
    await page.waitForURL('**/login')
    expect(await text(page, '#flash')).toBe('Account created. Please log in.')

    await page.fill('#email', abe.email)
    await page.fill('#password', abe.password)
    await send()
    await page.waitForURL('**/profile')
    expect(await text(page, '#flash')).toBe('Logged in successfully.')
    expect(await text(page, 'h1')).toBe('Welcome, Abe!')

    await page.fill('#name', 'Abraham')
    await send()
    await page.waitForSelector('h1:has-text("Welcome, Abraham!")')
    expect(await text(page, '#flash')).toBe('Your profile has been saved.')

    site.advance(minutes(5))
    await page.goto('/dashboard?from=here')
    expect(path(page)).toBe('/relogin?next=%2Fdashboard%3Ffrom%3Dhere')
    expect(await text(page, '#flash')).toBe('Session timed out, please re-login.')
    expect(await text(page, 'main')).toContain('Abraham')
    await page.fill('#password', abe.password)
    await send()
    await page.waitForURL('**/dashboard?from=here')
    expect(await text(page, 'h1')).toBe('Welcome back, Abraham')

    await page.click('nav >> text=Logout')
    await page.waitForURL('**/')
    expect(await text(page, '#flash')).toBe('You have been logged out.')
    await page.goBack()
    await page.waitForLoadState()
    await page.waitForSelector('h1:has-text("Log")')
    expect(await text(page, 'body')).not.toContain(abe.email)
    expect(await text(page, 'body')).not.toContain('Abraham')
  })

  signupTest('the sign-up form shows validation errors and keeps the typed email address and name', async () => {
    const { page, mistype } = its()
    await page.goto('/signup')
    expect(await mistype({ email: 'abe@', name: 'Abe', password: 'short' }, 'email-error')).toBe(
      'Enter an email address like ann@example.com.',
    )
    expect(await text(page, '#password-error')).toBe('Use at least 12 characters. This has 5.')
    await page.waitForSelector('#email:focus')
    expect([
      await page.inputValue('#email'),
      await page.inputValue('#name'),
      await page.inputValue('#password'),
    ]).toEqual(['abe@', 'Abe', ''])
    expect(await mistype({ email: ann.email, password: abe.password }, 'email-error:has(a)')).toBe(
      'Email address already exists. Go to login page.',
    )
    await page.click('#email-error >> text=login page')
    await page.waitForURL('**/login')
  })

  test('a failed login keeps the email address, the remember option and the return path', async () => {
    const { page, send, mistype } = its()
    await page.goto('/login?next=/settings')
    await page.check('[name=remember]')
    expect(await mistype({ email: ann.email, password: 'wrong' }, 'login-error')).toBe(
      'Please check your login details and try again.',
    )
    await page.waitForSelector('#email:focus')
    expect([
      await page.inputValue('#email'),
      await page.inputValue('#password'),
      await page.isChecked('[name=remember]'),
    ]).toEqual([ann.email, '', true])
    await page.fill('#password', ann.password)
    await send()
    await page.waitForSelector('h1:has-text("Settings")') // the URL already ended with /settings
  })

  test('a failed re-login shows an error, and another user can log in instead', async () => {
    const { page, site, send, logIn, mistype } = its()
    await logIn()
    site.advance(minutes(5))
    await page.goto('/settings')
    expect(await mistype({ password: 'wrong' }, 'password-error')).toBe(
      'Please check your login details and try again.',
    )
    await page.waitForSelector('#password:focus')
    await page.click('text=Log in as a different user')
    await page.waitForURL('**/login?next=%2Fsettings')
    await page.fill('#email', eve.email)
    await page.fill('#password', eve.password)
    await send()
    await page.waitForURL('**/settings')
    await page.goto('/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Eve!')
  })

  test('the profile form shows a validation error and focuses its field', async () => {
    const { page, logIn, mistype } = its()
    await logIn()
    expect(await mistype({ name: ' ' }, 'name-error')).toBe('Enter your name.')
    await page.waitForSelector('#name:focus')
  })

  test('the password form refuses a common password and accepts a strong one', async () => {
    const { page, send, logIn, mistype } = its()
    await logIn()
    await page.goto('/settings/password')
    expect(await mistype({ password: ann.password, new_password: 'password1234' }, 'new_password-error')).toStartWith(
      'This is similar to a commonly used password.',
    )
    await page.waitForSelector('#new_password:focus')
    await page.fill('#password', ann.password)
    await page.fill('#new_password', abe.password)
    await send()
    await page.waitForURL('**/settings')
    expect(await text(page, '#flash')).toBe('Your password has been changed.')
  })

  test('a remembered device restores the session, but the password page requires a fresh login', async () => {
    const { page, site, send } = its()
    await page.goto('/login')
    await page.check('[name=remember]')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await send()
    await page.waitForURL('**/profile')
    site.advance(minutes(60))
    await page.goto('/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')
    await page.goto('/settings/password')
    expect(await text(page, '#flash')).toBe('Please reauthenticate to access this page.')
    await page.click('text=Log in as a different user')
    await page.waitForURL('**/login?next=%2Fsettings%2Fpassword')
  })

  test('a user can log in and reach the menu with the keyboard alone', async () => {
    const { page } = its()
    await page.goto('/login')
    await page.waitForSelector('#email:focus')
    await page.keyboard.type(ann.email)
    await page.keyboard.press('Tab')
    await page.waitForSelector('#password:focus')
    await page.keyboard.type(ann.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/profile')
    await page.goto('/probe')
    await page.keyboard.press('Tab')
    await page.waitForSelector('a:focus:has-text("Skip to content")')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.waitForSelector('header a:focus:has-text("Home")')
  })
})
