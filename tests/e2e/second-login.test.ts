import { expect, setDefaultTimeout } from 'bun:test'
import type { Page } from 'playwright-core'
import { signupTest, testWith } from '../support/features'
import { ann, eve } from '../support/people'
import { path, text } from './chromium'
import { withScriptsAndWithout } from './stories'

setDefaultTimeout(30_000)

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }

async function send(page: Page, fields: Record<string, string>) {
  for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value)
  await page.click('main form button[type=submit]')
}
const credentials = ({ email, password }: typeof ann) => ({ email, password })

async function open(page: Page, url: string) {
  const tab = await page.context().newPage()
  await tab.goto(url)
  return tab
}

withScriptsAndWithout((its) => {
  signupTest('login and sign-up forms in other tabs work after a login', async () => {
    const { page, site } = its()
    const second = await open(page, '/login?next=/dashboard')
    const third = await open(page, '/signup')
    await page.goto('/login')
    await send(page, credentials(ann))
    await page.waitForURL('**/profile')

    await send(second, { ...credentials(eve), password: 'wrong' })
    await second.waitForSelector('#login-error')
    await page.reload()
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')

    await send(third, abe)
    await third.waitForURL('**/profile')
    expect(await text(third, '#flash')).toBe(
      'Account created. You are still logged in as Ann. Log out to use the new account.',
    )
    expect(await text(third, 'h1')).toBe('Welcome, Ann!')

    await send(second, credentials(eve))
    await second.waitForURL(`${site.url}/dashboard`) // a pattern would match `next` of the login page
    expect(await text(second, '#flash')).toBe('Logged in successfully.')
    expect(await text(second, 'main')).toContain(eve.email)
    expect(await text(await open(page, '/profile'), 'h1')).toBe('Welcome, Eve!') // the other tabs reload by themselves
    expect((await site.browser().post('/login', abe)).status).toBe(303)
  })

  testWith('settings/tokens', 'signup')(
    'the wanted page opens after a sign-up with mistyped fields and a login',
    async () => {
      const { page } = its()
      await page.goto('/settings/tokens?from=mail')
      await page.click('text=Create an account')
      await page.waitForURL('**/signup?next=%2Fsettings%2Ftokens%3Ffrom%3Dmail')
      await send(page, { ...abe, password: 'short' })
      await page.waitForSelector('#password-error')
      await send(page, { ...abe, email: ann.email })
      await page.click('#email-error >> text=login page')
      await page.waitForURL('**/login?next=%2Fsettings%2Ftokens%3Ffrom%3Dmail')
      await page.click('nav >> text=Sign Up')
      await send(page, abe)
      await page.waitForURL('**/login?next=%2Fsettings%2Ftokens%3Ffrom%3Dmail')
      expect(await text(page, '#flash')).toBe('Account created. Please log in.')
      await send(page, { ...credentials(abe), password: 'wrong' })
      await page.waitForSelector('#login-error')
      await send(page, credentials(abe))
      await page.waitForURL('**/settings/tokens?from=mail')
      expect(path(page)).toBe('/settings/tokens?from=mail')
    },
  )
})
