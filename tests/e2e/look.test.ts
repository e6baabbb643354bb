import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { minutes } from '@/lib/durations'
import { changeRole } from '@/model/roles'
import { startAlarm } from '@/model/theft-alarms'
import { ann } from '../support/people'
import { hasChromium, openChromium, openListeningSite, openPage, type ListeningSite } from './chromium'

setDefaultTimeout(300_000)

/** Every page in every state, and how to get there from the one before. */
const tour: [name: string, go: (page: Page, site: ListeningSite) => Promise<unknown>][] = [
  ['home', (page) => page.goto('/')],
  ['probe', (page) => page.goto('/probe')],
  ['API', (page) => page.goto('/api/docs')],
  ['not found', (page) => page.goto('/nowhere')],
  ['bad next', (page) => page.goto('/login?next=//evil.test')],
  ['sign-up', (page) => page.goto('/signup')],
  ['sign-up with mistakes', (page) => sendMistakes(page, 'email-error')],
  ['login required', (page) => page.goto('/profile')],
  ['login failed', (page) => sendMistakes(page, 'login-error')],
  [
    'login that has to wait',
    async (page) => {
      const form = { email: 'nobody@example.test', password: 'guess' }
      for (let i = 0; i < 5; i++) await page.request.post('/login', { form })
      await page.fill('#email', form.email)
      await page.click('main button[type=submit]')
      await page.waitForSelector('text=Too many tries.')
    },
  ],
  ['profile', (page) => logIn(page)],
  [
    'profile of a long name',
    async (page) =>
      page
        .fill('#name', 'W'.repeat(100))
        .then(() => page.click('main button[type=submit]'))
        .then(() => page.waitForSelector('h1:has-text("WWWW")')),
  ],
  ['logout', (page) => page.goto('/logout')],
  ['profile again', (page) => page.goto('/profile')],
  ['profile with a mistake', async (page) => page.fill('#name', '').then(() => sendMistakes(page, 'name-error'))],
  ['home of a user', (page) => page.goto('/')],
  ['dashboard', (page) => page.goto('/dashboard')],
  ['settings', (page) => page.goto('/settings')],
  ['password', (page) => page.goto('/settings/password')],
  ['password with mistakes', (page) => sendMistakes(page, 'password-error')],
  ['tokens', (page) => page.goto('/settings/tokens')],
  [
    'tokens with mistakes',
    (page) => page.fill('#expires_days', '0').then(() => sendMistakes(page, 'expires_days-error')),
  ],
  [
    'a new token',
    async (page) => (
      await page.fill('#name', 'W'.repeat(100)),
      await page.fill('#expires_days', '30'),
      await page.click('text=Create token'),
      page.waitForSelector('#new-token')
    ),
  ],
  ['sessions', (page) => page.goto('/settings/sessions')],
  ['activity', (page) => page.goto('/settings/activity')],
  ['not allowed', (page) => page.goto('/admin/users')],
  [
    'users',
    async (page, site) => (await changeRole(site.deps, site.users.ann, 'admin', 'by hand'), page.goto('/admin/users')),
  ],
  ['users, none found', (page) => page.goto('/admin/users?q=nobody')],
  ['a user', (page, site) => page.goto(`/admin/users/${site.users.ann.id}`)],
  ['the last admin', async (page) => (await page.click('text=Deactivate'), page.waitForSelector('#state-error'))],
  ['logout', (page) => page.goto('/logout')],
  [
    'stale',
    async (page, site) => (
      site.pass(minutes(4)),
      await page.goto('/'),
      site.pass(minutes(2)),
      page.goto('/settings/password')
    ),
  ],
  ['tokens when stale', (page) => page.goto('/settings/tokens')],
  ['a user when stale', (page, site) => page.goto(`/admin/users/${site.users.ann.id}`)],
  ['sessions when stale', (page) => page.goto('/settings/sessions')],
  [
    'the dialog',
    async (page) => (
      await page.goto('/settings'),
      await page.click('a[href="/settings/password"]'),
      page.waitForSelector('#again-password')
    ),
  ],
  [
    'the dialog with a mistake',
    async (page) => (
      await page.click('#again-card button[type=submit]'),
      page.waitForSelector('#again-password-error')
    ),
  ],
  ['an alarm', async (page, site) => (await startAlarm(site.deps, site.users.ann), page.goto('/settings'))],
  ['the countdown', (page) => page.evaluate('document.getElementById("countdown").hidden = false')],
  ['timed out', async (page, site) => (site.pass(minutes(5)), page.goto('/profile'))],
  ['re-login failed', (page) => sendMistakes(page, 'password-error')],
  [
    'what was on its way',
    async (page) => (
      await page.request.post('/profile', { form: { name: 'W'.repeat(99) }, maxRedirects: 0 }),
      await page.fill('#password', ann.password),
      await page.click('main button[type=submit]'),
      page.waitForURL('**/resume')
    ),
  ],
]

async function sendMistakes(page: Page, errorId: string) {
  await page.click('main form:has(input:not([type=hidden])) button[type=submit]')
  await page.waitForSelector(`#${errorId}`)
}

async function logIn(page: Page) {
  await page.fill('#email', ann.email)
  await page.fill('#password', ann.password)
  await page.click('main button[type=submit]')
  await page.waitForURL('**/profile')
}

const looks = [
  { colorScheme: 'light', width: 320 },
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 320 },
  { colorScheme: 'dark', width: 1280 },
] as const

/** What is wrong with which page in this look. */
async function tourIn(browser: Browser, { colorScheme, width }: (typeof looks)[number]) {
  const site = await openListeningSite()
  const viewport = { width, height: 800 }
  const { context, page, complaints } = await openPage(browser, site, {
    colorScheme,
    viewport,
    reducedMotion: 'reduce',
  })
  const found: unknown[] = []
  for (const [name, go] of tour) {
    await go(page, site)
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze()
    found.push(...violations.map(({ id, nodes }) => [name, id, nodes.map(({ html }) => html)]))
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    if (Number(overflow) > 0) found.push([name, 'is wider than the screen by', overflow])
  }
  await context.close()
  await site.close()
  return [...found, ...complaints].map((one) => [colorScheme, width, one])
}

describe.skipIf(!hasChromium)('every page', () => {
  let browser: Browser
  beforeAll(async () => void (browser = await openChromium()))
  afterAll(() => browser.close())

  test('in light and dark, narrow and wide, is free of axe violations, fits the screen and breaks no rule of its policy', async () => {
    // Side by side, for most of the time a browser waits.
    const found = await Promise.all(looks.map((look) => tourIn(browser, look)))
    expect(found.flat()).toEqual([])
  })
})
