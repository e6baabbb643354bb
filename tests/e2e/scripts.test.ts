import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann } from '../support/people'
import { browserOfFile, hasChromium, openListeningSite, openPage, text, type ListeningSite } from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()

describe.skipIf(!hasChromium)('with scripts', () => {
  let site: ListeningSite
  let page: Page
  let complaints: string[]

  beforeEach(async () => {
    site = await openListeningSite()
    ;({ page, complaints } = await openPage(await browser(), site))
  })

  afterEach(async () => {
    await page.context().close()
    await site.close()
  })

  async function logInForm() {
    await page.goto('/login')
    await page.fill('#email', ann.email)
    await page.fill('#password', 'wrong')
  }

  test('a validation error replaces the main content without reloading the page', async () => {
    await logInForm()
    await page.evaluate('window.untouched = true; document.querySelector("header").dataset.untouched = ""')
    await page.click('main button[type=submit]')
    await page.waitForSelector('#login-error')
    expect(await page.evaluate('window.untouched && "untouched" in document.querySelector("header").dataset')).toBe(
      true,
    )
    expect(complaints).toEqual([])
  })

  test('the submit button is disabled while the request runs, and three clicks send one request', async () => {
    await logInForm()
    const posts: string[] = []
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/login', async (route) => {
      posts.push(route.request().method())
      await held
      await route.continue()
    })
    await page.evaluate('for (let i = 0; i < 3; i++) document.querySelector("main button[type=submit]").click()')
    await page.waitForSelector('main button[type=submit]:disabled')
    release()
    await page.waitForSelector('#login-error')
    expect(posts).toEqual(['POST'])
    expect(await page.isEnabled('main button[type=submit]')).toBe(true)
  })

  test('a request without a response shows a message, and the typed input stays', async () => {
    await logInForm()
    await page.route('**/login', (route) => route.abort())
    await page.click('main button[type=submit]')
    await page.waitForSelector('#flash[role=alert]')
    expect(await text(page, '#flash')).toBe(
      'No answer from the server. Your input is still here. Check your connection and try again.',
    )
    expect([await page.inputValue('#email'), await page.inputValue('#password')]).toEqual([ann.email, 'wrong'])
  })

  test('the show button reveals a password, and submitting hides it again', async () => {
    await logInForm()
    const kind = () => page.getAttribute('#password', 'type')
    await page.click('button:has-text("Show")')
    expect([await kind(), await page.getAttribute('.reveal', 'aria-label')]).toEqual(['text', 'Hide password'])
    await page.click('button:has-text("Hide")')
    expect(await kind()).toBe('password')
    await page.click('button:has-text("Show")')
    await page.click('main button[type=submit]')
    await page.waitForSelector('#login-error')
    expect([await kind(), await page.locator('.reveal').count()]).toEqual(['password', 1])
  })

  signupTest('the sign-up form counts the missing characters of a password during typing', async () => {
    await page.goto('/signup')
    await page.fill('#email', 'annlee@example.test')
    const hint = async (typed: string) => {
      await page.fill('#password', typed)
      return (await page.locator('#password ~ small:not(.field-error, #password-hint)').allInnerTexts()).join('')
    }
    expect(await hint('eleven char')).toBe('1 more character needed.')
    expect(await hint('annlee-annlee')).toContain('too similar to your email address')
    expect(await hint('abababababab')).toContain('too repetitive')
    expect(await hint('correct horse battery')).toBe('Long enough.')
    expect(await hint('annlee keeps seven green tea pots')).toBe('Long enough.')
    expect(await hint('correct horse battery ')).toBe('Long enough. It starts or ends with a space.')
    expect(await page.locator('#password ~ small').count()).toBe(3)
  })

  test('times are shown in the time zone of the browser', async () => {
    const { page: inTokyo } = await openPage(await browser(), site, { timezoneId: 'Asia/Tokyo', locale: 'en-GB' })
    await inTokyo.goto('/login')
    await inTokyo.fill('#email', ann.email)
    await inTokyo.fill('#password', ann.password)
    await inTokyo.click('main button[type=submit]')
    await inTokyo.waitForURL('**/profile')
    await inTokyo.goto('/dashboard')
    expect(await inTokyo.locator('time').first().getAttribute('title')).toBe('1 Jan 2030, 21:00')
    await inTokyo.context().close()
  })

  test('a page from the back-forward cache is loaded again and shows no private content after the session expired', async () => {
    await logInForm()
    await page.fill('#password', ann.password)
    await page.click('main button[type=submit]')
    await page.waitForURL('**/profile')
    await page.goto('/probe')
    site.advance(minutes(5))
    await page.goBack()
    await page.waitForURL('**/relogin?next=%2Fprofile')
    expect(complaints).toEqual([])
  })

  test('the browser refuses markup that a script inserts into a page', async () => {
    await page.goto('/probe')
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    await page.evaluate(`
      const template = new DOMParser()
      const smuggled = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</scr' + 'ipt><a href="javascript:window.hacked=3" id="j">x</a>'
      try { document.getElementById('main').innerHTML = smuggled } catch { window.refused = true }
    `)
    expect(await page.evaluate('[window.refused, window.hacked]')).toEqual([true, undefined])
    expect(requests.filter((url) => url.endsWith('/x'))).toEqual([])
  })
})
