import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { signupTest } from '../support/features'
import { ann, eve } from '../support/people'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  path,
  text,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

/** The focused element, and whether a user sees the focus. */
const FOCUS = `(() => {
  const element = document.activeElement
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element)
  const box = element.getBoundingClientRect()
  return {
    name: element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent,
    tag: element.localName,
    isInMain: document.getElementById('main').contains(element),
    hasRing: outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && outlineColor !== 'rgba(0, 0, 0, 0)',
    isOnScreen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  }
})()`

type Focus = { name: string; tag: string; isInMain: boolean; hasRing: boolean; isOnScreen: boolean }

/** Presses Tab until the focus leaves the page. */
async function tabThrough(page: Page) {
  const stops: Focus[] = []
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate<Focus>(FOCUS)
    if (stop.tag === 'body') return stops
    stops.push({ ...stop, name: stop.name.replaceAll(/\s+/g, ' ').trim() })
  }
  throw new Error('the keyboard does not get to the end of the page')
}

const invisible = (stops: Focus[]) => stops.filter(({ hasRing, isOnScreen }) => !hasRing || !isOnScreen)

/** The focused field, the first one of its form with an error, and whether the focused one has an error. */
const firstError = `[document.activeElement.id, document.activeElement.form.querySelector('[aria-invalid]').id, document.activeElement.getAttribute('aria-invalid')]`

describe.skipIf(!hasChromium)('with the keyboard', () => {
  const browser = browserOfFile()
  let site: ListeningSite
  beforeAll(async () => void (site = await openListeningSite()))
  afterAll(() => site.close())

  async function open(options: BrowserContextOptions & { isVisitor?: boolean } = {}) {
    const { isVisitor, ...rest } = options
    const opened = await openPage(await browser(), site, { reducedMotion: 'reduce', ...rest })
    if (!isVisitor) await logInWithoutForm(opened.page, site)
    return { ...opened, [Symbol.asyncDispose]: () => opened.context.close() }
  }

  test.each([1280, 360])(
    'the order is skip link, header, menu and content at %i px, and each stop is visible',
    async (width) => {
      await using opened = await open({ viewport: { width, height: 800 } })
      await opened.page.goto('/profile')
      const stops = await tabThrough(opened.page)
      expect(invisible(stops)).toEqual([])
      const names = stops.map(({ name }) => name)
      const [skip, brand, home] = names
      expect([skip, home]).toEqual(['Skip to content', 'Home'])
      expect(brand).toBe(site.deps.config.branding.name)
      const menu = width === 360 ? names.indexOf('Account menu: Profile') : names.indexOf('Overview')
      const content = stops.findIndex(({ isInMain }) => isInMain)
      expect([menu > names.indexOf('Logout'), content > menu, names[content]]).toEqual([true, true, 'Name'])
      expect(stops.slice(content).every(({ isInMain }) => isInMain)).toBe(true)
    },
  )

  test.each(['light', 'dark'] as const)('every component shows its focus in the %s theme', async (colorScheme) => {
    await using opened = await open({ colorScheme, isVisitor: true, viewport: { width: 360, height: 800 } })
    await opened.page.goto('/styleguide')
    const stops = await tabThrough(opened.page)
    expect(invisible(stops)).toEqual([])
    const tags = new Set(stops.map(({ tag }) => tag))
    expect([...tags].toSorted()).toEqual(['a', 'button', 'input', 'pre', 'select', 'summary', 'textarea'])
  })

  test('the skip link goes to the content, and the next stop is its first control', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto('/profile')
    await page.keyboard.press('Tab')
    expect((await page.evaluate<Focus>(FOCUS)).isOnScreen).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForSelector('#main:focus')
    await page.keyboard.press('Tab')
    await page.waitForSelector('#name:focus')
  })

  test('the account menu of a narrow page opens and leads to another page', async () => {
    await using opened = await open({ viewport: { width: 360, height: 800 } })
    const { page } = opened
    await page.goto('/profile')
    await page.focus('details.side > summary')
    await page.keyboard.press('Enter')
    await page.waitForSelector('details.side[open] nav')
    await page.keyboard.press('Tab')
    expect(await text(page, ':focus')).toBe('Overview')
    while ((await text(page, ':focus')) !== 'Password') await page.keyboard.press('Tab')
    expect(await page.evaluate<Focus>(FOCUS)).toMatchObject({ hasRing: true, isOnScreen: true })
    await page.keyboard.press('Enter')
    await page.waitForURL('**/settings/password')
    expect(await text(page, 'details.side > summary')).toBe('Account menu: Password')
    expect(await page.isVisible('details.side nav')).toBe(false)
  })

  describe.each([true, false])('with scripts: %p', (javaScriptEnabled) => {
    /** Sends the form of the page by Enter in one of its fields. */
    async function sendBad(page: Page, path: string, field: string) {
      await page.goto(path)
      await page.focus(field)
      await page.keyboard.press('Enter')
      await page.waitForSelector('main [aria-invalid]:focus')
      const [focus, first, invalid] = await page.evaluate<string[]>(firstError)
      expect([path, focus, invalid]).toEqual([path, first, 'true'])
    }

    test('the focus goes to the first error of a user', async () => {
      await using opened = await open({ javaScriptEnabled })
      const { page } = opened
      await sendBad(page, '/settings/password', '#new_password')
      await sendBad(page, '/styleguide', '#number')
      await page.goto('/profile')
      await page.fill('#name', '')
      await page.keyboard.press('Enter')
      await page.waitForSelector('#name[aria-invalid]:focus')
    })

    signupTest('the focus goes to the first error of a visitor', async () => {
      await using opened = await open({ javaScriptEnabled, isVisitor: true })
      await sendBad(opened.page, '/login', '#password')
      await sendBad(opened.page, '/signup', '#password')
    })

    test('a link to a confirmation of a visitor opens a page, whose way back has the focus', async () => {
      await using opened = await open({ javaScriptEnabled, isVisitor: true })
      const { page } = opened
      await page.goto('/styleguide')
      await page.focus('a[data-dialog]')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/styleguide/confirmation')
      expect(await text(page, ':focus')).toBe('Cancel')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/styleguide')
    })
  })

  test('the focus goes to the first error of a page without autofocus', async () => {
    await using opened = await open()
    const { page } = opened
    await page.route('**/settings/password', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, body: (await response.text()).replaceAll(' autofocus', '') })
    })
    await page.goto('/settings/password')
    await page.focus('#new_password')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#password[aria-invalid]:focus')
  })

  test('after a success the focus is at the message, also where htmx would restore the field', async () => {
    await using opened = await open({ isVisitor: true })
    const { page } = opened
    await page.goto('/login')
    await page.waitForSelector('#email:focus')
    await page.keyboard.type(ann.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(ann.password)
    await page.keyboard.press('Enter')
    await page.waitForSelector('#flash:focus:has-text("Logged in successfully.")')
    await page.keyboard.press('Tab')
    await page.waitForSelector('#name:focus')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#flash:focus:has-text("Your profile has been saved.")')
    await page.focus('[name=theme]')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#flash:focus:has-text("Your theme has been saved.")')
    await page.focus('nav form[action="/logout"] button')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#flash:has-text("You have been logged out.")')
    expect(await page.evaluate<Focus>(FOCUS)).toMatchObject({ isInMain: true })
  })

  test('a changed password leads to its message', async () => {
    await using opened = await open({ isVisitor: true })
    const { page } = opened
    await logInWithoutForm(page, site, eve)
    await page.goto('/settings/password')
    await page.fill('#password', eve.password)
    await page.fill('#new_password', 'five boxing wizards')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#flash:focus:has-text("Your password has been changed.")')
  })

  test('an error goes when its field is edited, and the others stay', async () => {
    await using opened = await open({ isVisitor: true })
    const { page } = opened
    await page.goto('/styleguide')
    await page.focus('#text')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#text[aria-invalid]')
    const errors = () =>
      page.evaluate<string[]>(`Array.from(document.querySelectorAll('#form .field-error'), ({ id }) => id)`)
    const left = ['text', 'number', 'date', 'select', 'choice', 'details'].map((name) => `${name}-error`)
    expect(await errors()).toEqual(left)
    const keys = { text: 'a', number: '1', date: '01', select: 'ArrowDown', choice: 'Space', details: 'a' }
    for (const [name, key] of Object.entries(keys)) {
      const field = `#form [name=${name}]`
      await page.focus(field)
      if (name === 'date') await page.fill(field, '2030-01-01')
      else await page.keyboard.press(key)
      expect(await errors()).toEqual(left.slice((left.indexOf(`${name}-error`) ?? 0) + 1))
      expect(await page.locator(`${field}[aria-invalid]`).count()).toBe(0)
    }
    expect(await page.getAttribute('#number', 'aria-describedby')).toBe('number-suffix')
  })

  test('an error of a whole form goes with both of its fields', async () => {
    await using opened = await open({ isVisitor: true })
    const { page } = opened
    await page.goto('/login')
    await page.press('#email:focus', 'Enter') // Chromium moves the focus some time after the load
    await page.waitForSelector('#login-error')
    await page.keyboard.type('a')
    expect(await page.locator('#login-error, [aria-invalid], [aria-describedby]').count()).toBe(0)
  })

  test('a password can be shown, and is hidden again when it is sent', async () => {
    await using opened = await open({ isVisitor: true })
    const { page } = opened
    await page.goto('/login')
    await page.focus('#password')
    await page.keyboard.type('secret')
    await page.keyboard.press('Tab')
    expect(await page.getAttribute(':focus', 'aria-label')).toBe('Show password')
    await page.keyboard.press('Space')
    expect(await page.getAttribute('#password', 'type')).toBe('text')
    expect(await page.getAttribute(':focus', 'aria-label')).toBe('Hide password')
    const sent = page.waitForRequest((request) => request.method() === 'POST')
    await page.focus('#password')
    await page.keyboard.press('Enter')
    await sent
    expect(await page.getAttribute('#password', 'type')).toBe('password')
  })

  test('staying logged in returns the focus to the field, with its text and its cursor', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto('/profile')
    await page.fill('#name', 'Ann Lee')
    await page.keyboard.press('ArrowLeft')
    await page.evaluate('document.getElementById("countdown").hidden = false')
    await page.focus('#countdown .stay')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#name:focus')
    await page.keyboard.type('x')
    expect(await page.inputValue('#name')).toBe('Ann Lexe')
  })

  test('a dialog has the focus, keeps it inside, and returns it to its link', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto('/styleguide')
    await page.focus('a[data-dialog]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#page-dialog[open]')
    expect([await text(page, ':focus'), path(page)]).toEqual(['Cancel', '/styleguide'])
    for (let i = 0; i < 5; i++) {
      await page.keyboard.press('Tab')
      const isOutside = await page.evaluate(
        `document.activeElement !== document.body && !document.getElementById('page-dialog').contains(document.activeElement)`,
      )
      expect(isOutside).toBe(false)
    }
    await page.keyboard.press('Escape')
    expect(await page.isVisible('#page-dialog')).toBe(false)
    expect(await page.getAttribute(':focus', 'data-dialog')).toBe('')
  })
})
