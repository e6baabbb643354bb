import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { raiseTheftAlert } from '@/model/sessions/theft-alert'
import { ann } from '../support/people'
import { axeViolations } from './axe'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

/** Each state starts from the page of the state before. */
type State = [name: string, go: (page: Page, site: ListeningSite) => Promise<unknown>]

const visitorStates: State[] = [
  ['home', (page) => page.goto('/')],
  ['probe', (page) => page.goto('/probe')],
  ['API', (page) => page.goto('/api/docs')],
  ['sign-up', (page) => page.goto('/signup')],
  ['sign-up with errors', (page) => sendInvalidForm(page, 'email-error')],
  ['login required', (page) => page.goto('/profile')],
  ['login failed', (page) => sendInvalidForm(page, 'login-error')],
  [
    'login that has to wait',
    async (page) => {
      const form = { email: 'unknown@example.test', password: 'wrong' }
      for (let i = 0; i < 5; i++) await page.request.post('/login', { form })
      await page.fill('#email', form.email)
      await page.click('main button[type=submit]')
      await page.waitForSelector('text=Too many attempts.')
    },
  ],
]

const accountStates: State[] = [
  ['home of a user', (page) => page.goto('/')],
  ['dashboard', (page) => page.goto('/dashboard')],
  ['profile', (page) => page.goto('/profile')],
  [
    'profile of a long name',
    async (page) => {
      await page.fill('#name', 'W'.repeat(100))
      await page.click('main button[type=submit]')
      await page.waitForSelector('h1:has-text("WWWW")')
    },
  ],
  [
    'profile with an error',
    async (page) => {
      await page.fill('#name', '')
      await sendInvalidForm(page, 'name-error')
    },
  ],
  ['logout', (page) => page.goto('/logout')],
]

const settingsStates: State[] = [
  ['settings', (page) => page.goto('/settings')],
  ['password', (page) => page.goto('/settings/password')],
  ['password with errors', (page) => sendInvalidForm(page, 'password-error')],
  ['activity', (page) => page.goto('/settings/activity')],
  [
    'settings with an alarm',
    async (page, site) => {
      await raiseTheftAlert(site.deps, site.users.ann)
      await page.goto('/settings')
    },
  ],
]

const tokenStates: State[] = [
  ['tokens', (page) => page.goto('/settings/tokens')],
  [
    'tokens with errors',
    async (page) => {
      await page.fill('#expires_days', '0')
      await sendInvalidForm(page, 'expires_days-error')
    },
  ],
  [
    'a new token',
    async (page) => {
      await page.fill('#name', 'W'.repeat(100))
      await page.fill('#expires_days', '30')
      await page.click('text=Create token')
      await page.waitForSelector('#new-token')
    },
  ],
  ['tokens when the login is not fresh', (page, site) => openLater(page, site, '/settings/tokens')],
]

const sessionStates: State[] = [
  ['sessions', (page) => page.goto('/settings/sessions')],
  ['sessions when the login is not fresh', (page, site) => openLater(page, site, '/settings/sessions')],
]

const adminStates: State[] = [
  [
    'users',
    async (page, site) => {
      await changeRole(site.deps, site.users.ann, 'admin', 'command line')
      await page.goto('/admin/users')
    },
  ],
  ['users, none found', (page) => page.goto('/admin/users?q=unknown')],
  ['a user', (page, site) => page.goto(`/admin/users/${site.users.ann.id}`)],
  [
    'the last admin',
    async (page) => {
      await page.click('main a:has-text("Deactivate")')
      await page.click('button:has-text("Deactivate")')
      await page.waitForSelector('#state-error')
    },
  ],
  ['a user when the login is not fresh', (page, site) => openLater(page, site, `/admin/users/${site.users.ann.id}`)],
]

const reloginStates: State[] = [
  ['re-login of a live session', (page, site) => openLater(page, site, '/settings/password')],
  [
    'the dialog',
    async (page) => {
      await page.goto('/settings')
      await page.click('a[href="/settings/password"]')
      await page.waitForSelector('#relogin-password')
    },
  ],
  [
    'the dialog with an error',
    async (page) => {
      await page.click('#relogin-form button[type=submit]')
      await page.waitForSelector('#relogin-password-error')
    },
  ],
  [
    'the countdown',
    async (page) => {
      await page.goto('/settings')
      await page.evaluate('document.getElementById("countdown").hidden = false')
    },
  ],
  [
    'timed out',
    async (page, site) => {
      site.advance(minutes(5))
      await page.goto('/profile')
    },
  ],
  ['re-login failed', (page) => sendInvalidForm(page, 'password-error')],
  [
    'the form that waits for a login',
    async (page) => {
      await page.request.post('/profile', { form: { name: 'W'.repeat(99) }, maxRedirects: 0 })
      await page.fill('#password', ann.password)
      await page.click('main button[type=submit]')
      await page.waitForURL('**/resume')
    },
  ],
]

const errorStates: State[] = [
  ['not found', (page) => page.goto('/nowhere')],
  ['bad next', (page) => page.goto('/login?next=//evil.test')],
  ['not allowed', (page) => page.goto('/admin/users')],
]

async function sendInvalidForm(page: Page, errorId: string) {
  await page.click('main form:has(input:not([type=hidden])) button[type=submit]')
  await page.waitForSelector(`#${errorId}`)
}

/** Opens a page when the session is active but no longer fresh. */
async function openLater(page: Page, site: ListeningSite, path: string) {
  site.advance(minutes(4))
  await page.goto('/')
  site.advance(minutes(2))
  await page.goto(path)
}

const looks = [
  { colorScheme: 'light', width: 320, textSize: '', isForAxe: true },
  { colorScheme: 'light', width: 1280, textSize: '' },
  { colorScheme: 'dark', width: 320, textSize: '' },
  { colorScheme: 'dark', width: 1280, textSize: '', isForAxe: true },
  { colorScheme: 'light', width: 360, textSize: '200%' },
] as const

async function problemsOf(page: Page) {
  const problems: unknown[] = []
  for (const { colorScheme, width, textSize, ...look } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    await page.evaluate(`document.documentElement.style.fontSize = '${textSize}'`)
    const found: unknown[] = 'isForAxe' in look ? await axeViolations(page) : []
    const excess = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
    if (excess > 0) found.push(`wider than the screen by ${excess} px`)
    problems.push(...found.map((one) => [colorScheme, width, textSize, one]))
  }
  await page.evaluate(`document.documentElement.style.fontSize = ''`)
  return problems
}

describe.skipIf(!hasChromium)('in light and dark, narrow and wide, and with large text', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>

  beforeEach(async () => {
    site = await openListeningSite()
    opened = await openPage(await browser(), site, { reducedMotion: 'reduce' })
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

  test('the pages of a visitor are accessible, fit the screen and break no policy rule', () =>
    expectNoProblems(visitorStates))

  test.each([
    ['account', accountStates],
    ['settings', settingsStates],
    ['token', tokenStates],
    ['session', sessionStates],
    ['admin', adminStates],
    ['re-login', reloginStates],
    ['error', errorStates],
  ])('the %s pages are accessible, fit the screen and break no policy rule', async (_, states) => {
    await logInWithoutForm(opened.page, site)
    await expectNoProblems(states)
  })
})
