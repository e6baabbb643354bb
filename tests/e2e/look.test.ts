import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { days, minutes } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import { raiseTheftAlert } from '@/model/sessions/theft-alert'
import { adminTest, signupTest, tokenTest } from '../support/features'
import { at, isDocument, routesOf } from '../support/every-route'
import { moveTo } from '../support/email-changes'
import { issueTo } from '../support/one-time-links'
import { ann } from '../support/people'
import { makeToken } from '../support/tokens'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  type ListeningSite,
} from './chromium'
import { problemsOf, resize } from './looks'

setDefaultTimeout(60_000)

const LONG_NAME = 'W'.repeat(100)

/** Each state starts from the page of the state before. */
type State = [name: string, go: (page: Page, site: ListeningSite) => Promise<unknown>]

const goTo = (path: string): State => [path, (page) => page.goto(path)]

/** The pages without a parameter that this browser may open, with their markup. */
async function pagesOf(site: ListeningSite, { get }: Pick<ReturnType<ListeningSite['browser']>, 'get'>) {
  const paths = routesOf(site.app)
    .filter((route) => isDocument(route) && !route.path.includes(':'))
    .map(({ path }) => path)
  const answers = await Promise.all(paths.map(async (path) => ({ path, ...(await get(path)) })))
  return answers.filter(({ status, headers }) => status === 200 && headers.get('content-type')?.startsWith('text/html'))
}

const pathsOf = async (...given: Parameters<typeof pagesOf>) => (await pagesOf(...given)).map(({ path }) => path)

/** The links that open a dialog: one for each confirmation. */
function confirmationsIn(site: ListeningSite, pages: { path: string; html: string }[]) {
  const patterns = routesOf(site.app).map((route) => new RegExp(`^${at(route, '[^/]+')}$`))
  const found = new Map<RegExp | undefined, { page: string; href: string }>()
  for (const { path, html } of pages)
    for (const [, href = ''] of html.matchAll(/<a href="([^"]+)"[^>]* data-dialog/g))
      found.set(
        patterns.find((pattern) => pattern.test(href)),
        { page: path, href },
      )
  return [...found.values()]
}

const renameAnn = async (site: ListeningSite) => (await site.as(ann)).post('/profile', { name: LONG_NAME })

/** Ann is an admin with a long name, tokens and sessions. There are 27 users. */
async function fill(site: ListeningSite) {
  const { deps, users } = site
  await changeRole(deps, users.ann, 'admin', 'command line')
  await renameAnn(site)
  for (let i = 0; i < 25; i++)
    await createUser(deps, { email: `${'w'.repeat(50)}${i}@example.test`, name: LONG_NAME, password: ann.password })
  await makeToken(deps, users.ann, { name: LONG_NAME, scopes: ['profile:read'], lifetime: days(30) })
  await site.as(ann, { remembered: true, userAgent: LONG_NAME })
}

const visitorStates: State[] = [
  ['login required', (page) => page.goto('/profile')],
  ['login failed', (page) => sendInvalidForm(page)],
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
  ['securing an account', (page, site) => openSecuring(page, site)],
  [
    'securing an account after a change of its address',
    async (page, site) => {
      await openSecuring(page, site, () => moveTo(site, site.users.ann, 'moved@example.test'))
      await sendInvalidForm(page)
    },
  ],
  goTo('/nowhere'),
  goTo('/login?next=//evil.test'),
]

const signupStates: State[] = [
  [
    'sign-up with errors',
    async (page) => {
      await page.goto('/signup')
      await sendInvalidForm(page)
    },
  ],
  [
    'the end of a sign-up with an error',
    async (page, site) => {
      await openConfirmation(page, site, 'sign-up')
      await sendInvalidForm(page)
    },
  ],
  ['the confirmation of an address', (page, site) => openConfirmation(page, site, 'verify-email')],
]

const accountStates: State[] = [
  [
    'profile with an error',
    async (page) => {
      await page.goto('/profile')
      await page.fill('#name', '')
      await sendInvalidForm(page)
    },
  ],
  [
    'password with errors',
    async (page) => {
      await page.goto('/settings/password')
      await sendInvalidForm(page)
    },
  ],
  [
    'settings with an alarm',
    async (page, site) => {
      await raiseTheftAlert(site.deps, site.users.ann)
      await page.goto('/settings')
    },
  ],
  goTo('/settings/nowhere'),
  ['not allowed', (page) => page.goto('/admin/users')],
]

/** A user without tokens, and with one session. */
const emptyStates: State[] = [
  [
    'sessions, one with its details',
    async (page, site) => {
      await (await site.as(ann)).post('/logout')
      await page.goto('/settings/sessions')
      await page.click('.row summary')
      await page.click('.group summary')
    },
  ],
  ['activity', (page) => page.goto('/settings/activity')],
]

const tokenStates: State[] = [
  ['no tokens', (page) => page.goto('/settings/tokens')],
  [
    'tokens with errors',
    async (page) => {
      await openTokenForm(page)
      await page.fill('#name', '')
      await page.click('text=Custom date')
      await sendInvalidForm(page)
    },
  ],
  [
    'a new token',
    async (page) => {
      await openTokenForm(page)
      await page.fill('#name', LONG_NAME)
      await page.click('text=Create token')
      await page.waitForSelector('#new-token')
    },
  ],
  [
    'the tokens, one with its details',
    async (page) => {
      await page.goto('/settings/tokens')
      await page.click('.row summary')
    },
  ],
]

async function openTokenForm(page: Page) {
  await page.goto('/settings/tokens')
  const link = page.getByRole('main').getByRole('link', { name: 'New token' })
  if ((await link.count()) > 0) await link.click()
  await page.waitForSelector('#name')
}

const adminStates: State[] = [
  ['no user found', (page) => page.goto('/admin/users?q=unknown')],
  ['a user', (page, site) => page.goto(`/admin/users/${site.users.eve.id}`)],
  [
    'the last admin',
    async (page, site) => {
      await page.goto(`/admin/users/${site.users.ann.id}/deactivate`)
      await page.click('main button:has-text("Deactivate")')
      await page.waitForSelector('#state-error')
    },
  ],
]

const reloginStates: State[] = [
  ['re-login of a live session', (page, site) => openLater(page, site, '/settings/password')],
  [
    'the dialog',
    async (page) => {
      await page.goto('/settings')
      await page.click('main a[href="/settings/password"]')
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
  ['re-login failed', (page) => sendInvalidForm(page)],
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

async function openConfirmation(page: Page, site: ListeningSite, purpose: 'sign-up' | 'verify-email') {
  await page.goto(`/verify-email?token=${await issueTo(site, site.users.ann, purpose)}`)
}

async function openSecuring(page: Page, site: ListeningSite, prepare?: () => Promise<unknown>) {
  const token = await issueTo(site, site.users.ann, 'secure-account')
  await prepare?.()
  await page.goto(`/secure-account?token=${token}`)
}

/** Sends the first form of the content that has a field. */
async function sendInvalidForm(page: Page) {
  await page.click('main form:has(input:not([type=hidden])) button[type=submit]')
  await page.waitForSelector('main [aria-invalid]')
}

/** Opens a page when the session is active but no longer fresh. */
async function openLater(page: Page, site: ListeningSite, path: string) {
  site.advance(minutes(4))
  await page.goto('/')
  site.advance(minutes(2))
  await page.goto(path)
}

type Box = { x: number; y: number; bottom: number }

const boxes = (page: Page, selector: string) =>
  page.evaluate<Box[]>(
    `Array.from(document.querySelectorAll('${selector}'), (one) => {
      const { x, y, bottom } = one.getBoundingClientRect()
      return { x, y, bottom }
    })`,
  )

describe.skipIf(!hasChromium)('in light and dark, narrow and wide, and with large text', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  let opened: Awaited<ReturnType<typeof openPage>>

  beforeEach(async () => {
    site = await openListeningSite({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
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
    expect(states).not.toEqual([])
    expect(found).toEqual([])
  }

  const publicPages = () => pathsOf(site, site.browser())

  test.each<[string, boolean]>([
    ['pages of a visitor', false],
    ['components of the style guide', true],
  ])('the %s are accessible, fit the screen and break no policy rule', async (_, isStyleGuide) => {
    const paths = (await publicPages()).filter((path) => (path === '/styleguide') === isStyleGuide)
    await expectNoProblems(paths.map(goTo))
  })

  test('the messages to a visitor are accessible, fit the screen and break no policy rule', () =>
    expectNoProblems(visitorStates))

  signupTest('the pages of a sign-up are accessible, fit the screen and break no policy rule', () =>
    expectNoProblems(signupStates),
  )

  test.each([
    ['account', (path: string) => !/^\/(settings|admin)/.test(path)],
    ['settings', (path: string) => path.startsWith('/settings')],
  ])(
    'the %s pages of a user with a long name are accessible, fit the screen and break no policy rule',
    async (_, isOne) => {
      await fill(site)
      await logInWithoutForm(opened.page, site)
      const ofVisitors = new Set(await publicPages())
      const paths = (await pathsOf(site, await site.as(ann))).filter((path) => !ofVisitors.has(path) || path === '/')
      await expectNoProblems(paths.filter(isOne).map(goTo))
    },
  )

  adminTest('the pages of an admin with 25 users are accessible, fit the screen and break no policy rule', async () => {
    await fill(site)
    await logInWithoutForm(opened.page, site)
    await expectNoProblems([goTo('/admin/users'), ...adminStates])
  })

  test.each([
    ['account', accountStates],
    ['re-login', reloginStates],
    ['empty', emptyStates],
  ])('the %s states are accessible, fit the screen and break no policy rule', async (_, states) => {
    await logInWithoutForm(opened.page, site)
    await expectNoProblems(states)
  })

  tokenTest('the states of tokens are accessible, fit the screen and break no policy rule', async () => {
    await logInWithoutForm(opened.page, site)
    await expectNoProblems(tokenStates)
  })

  test('every confirmation fits the screen as a page, and is accessible and fits it as a dialog', async () => {
    await fill(site)
    await logInWithoutForm(opened.page, site)
    const { page } = opened
    const anns = await site.as(ann)
    const pages = await pagesOf(site, anns)
    const user = `/admin/users/${site.users.eve.id}`
    pages.push({ path: user, ...(await anns.get(user)) })
    const [found, seen]: [unknown[], string[]] = [[], []]
    for (const { page: path, href } of confirmationsIn(site, pages)) {
      await page.goto(path)
      await resize(page, 1280)
      const link = page.locator(`a[href="${href}"][data-dialog]`)
      if ((await link.count()) === 0) continue // the session of this browser has a logout button instead
      await link.click()
      seen.push(href)
      await page.waitForSelector('#page-dialog[open] h1')
      found.push(...(await problemsOf(page)).map((problem) => ['dialog', href, problem]))
      await page.goto(href)
      for (const width of [320, 1280]) {
        await resize(page, width)
        if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) found.push([href, width])
      }
    }
    expect(found).toEqual([])
    expect(seen.length).toBeGreaterThan(2)
  })

  test('the title of every account page is at the same place', async () => {
    await fill(site)
    await logInWithoutForm(opened.page, site)
    const { page } = opened
    const pages = await pagesOf(site, await site.as(ann))
    const paths = pages.flatMap(({ path, html }) => (html.includes('class="shell"') ? path : []))
    expect(paths.length).toBeGreaterThan(5)
    for (const width of [1280, 360]) {
      await resize(page, width)
      const places: Record<string, string[]> = {}
      for (const path of [...paths, '/settings/nowhere']) {
        await page.goto(path)
        const [{ x = 0, y = 0 } = {}] = await boxes(page, 'h1')
        ;(places[`${x} ${y}`] ??= []).push(path)
      }
      expect(Object.values(places)).toHaveLength(1)
    }
  })

  test('the header has one row at 320 px for a visitor, a user and a user with a long name', async () => {
    const { page } = opened
    await resize(page, 320)
    const expectOneRow = async () => {
      await page.goto('/probe')
      const items = await boxes(page, 'body > header .brand, body > header li > *')
      expect(items.length).toBeGreaterThan(3)
      const middles = items.map(({ y, bottom }) => Math.round((y + bottom) / 2))
      expect(new Set(middles).size).toBe(1)
    }
    await expectOneRow()
    await logInWithoutForm(page, site)
    await expectOneRow()
    await renameAnn(site)
    await expectOneRow()
    await resize(page, 1280)
    await expectOneRow()
  })

  test('a chosen theme has the colors of a device with that theme', async () => {
    const { page } = opened
    await page.goto('/styleguide')
    const colors = async (colorScheme: 'light' | 'dark', theme?: 'light' | 'dark') => {
      await page.emulateMedia({ colorScheme })
      return page.evaluate<string[]>(`(() => {
        const root = document.documentElement
        ${theme ? `root.dataset.theme = '${theme}'` : 'delete root.dataset.theme'}
        return Array.from(document.querySelectorAll('body *'), (one) => {
          const { color, backgroundColor, backgroundImage, borderColor, fill } = getComputedStyle(one)
          return [one.localName, color, backgroundColor, backgroundImage, borderColor, fill].join(' ')
        })
      })()`)
    }
    const [light, dark] = [await colors('light'), await colors('dark')]
    expect(light).not.toEqual(dark)
    expect(await colors('light', 'dark')).toEqual(dark)
    expect(await colors('dark', 'light')).toEqual(light)
  })

  test('forced colors keep the current item, the focus and the state of choices visible', async () => {
    const { page } = opened
    await logInWithoutForm(page, site)
    await page.emulateMedia({ forcedColors: 'active' })
    const style = (selector: string, property: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}'))['${property}']`)
    await page.goto('/profile')
    for (const menu of ['nav.side', 'body > header nav']) {
      expect(await style(`${menu} a[aria-current]`, 'textDecorationLine')).toBe('underline')
      expect(await style(`${menu} a:not([aria-current])`, 'textDecorationLine')).toBe('none')
    }
    await page.focus('#name')
    await page.keyboard.press('Shift+Tab')
    expect(await style(':focus', 'outlineStyle')).toBe('solid')
    expect(await style('[type=radio]:checked', 'appearance')).toBe('auto')
  })
})
