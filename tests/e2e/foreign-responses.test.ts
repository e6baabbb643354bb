import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { ann } from '../support/people'
import { takeLoggedErrors } from '../support/no-stray-errors'
import {
  browserOfFile,
  frames,
  hasChromium,
  logInWithoutForm,
  openPage,
  openProxiedSite,
  path,
  text,
  type ProxiedSite,
} from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()

const HTML = { 'content-type': 'text/html' }
const PAGE = '<html><head><title>Foreign</title></head><body><h1>Foreign page</h1></body></html>'
const FOREIGN_PAGE = '/maintenance.html'
const NOT_FOUND_AT_PROXY = () => new Response(PAGE, { status: 404, headers: HTML })

/** Responses that a proxy, a firewall or a captive portal may send instead of the app. */
const foreign: [what: string, status: number, headers: Record<string, string>, body: string | null][] = [
  ...[500, 502, 503, 504, 429, 200, 401, 403, 404, 409].map((status): (typeof foreign)[0] => [
    'a page',
    status,
    HTML,
    PAGE,
  ]),
  ['no body', 502, {}, null],
  ['no content', 204, {}, null],
  ['JSON', 200, { 'content-type': 'application/json' }, '{"foreign":true}'],
  ['no content type', 200, {}, 'Foreign'],
  ['htmx headers', 200, { ...HTML, 'hx-retarget': '#main', 'hx-trigger': 'foreign' }, PAGE],
  ['a redirect for htmx', 401, { 'hx-redirect': '/relogin?next=/foreign' }, null],
  ['a redirect to a foreign page', 302, { location: FOREIGN_PAGE }, null],
  ['a redirect to a page of the app', 303, { location: '/probe' }, null],
  ['a redirect to another site', 302, { location: 'http://127.0.0.1:9/' }, null],
]

const UNEXPECTED = 'The server did not respond as expected. Your input is still here. Please try again in a moment.'
const NO_ANSWER = 'No answer from the server. Your input is still here. Check your connection and try again.'

describe.skipIf(!hasChromium)('with scripts', () => {
  let site: ProxiedSite
  let page: Page

  beforeEach(async () => {
    site = await openProxiedSite()
    ;({ page } = await openPage(await browser(), site))
  })

  afterEach(async () => {
    await page.context().close()
    await site.close()
  })

  /** The proxy answers these requests: `POST /profile`. */
  const answer = (method: string, at: string, respond: () => Response) =>
    site.answerInstead((request) => {
      const { pathname } = new URL(request.url)
      if (pathname === FOREIGN_PAGE) return NOT_FOUND_AT_PROXY()
      return request.method === method && pathname === at ? respond() : undefined
    })

  const passAllOn = () => site.answerInstead(() => undefined)

  async function forEachResponse(run: () => Promise<unknown>, method: string, at: string) {
    for (const [what, status, headers, body] of foreign) {
      answer(method, at, () => new Response(body, { status, headers }))
      await run().catch((cause: unknown) => {
        throw new Error(`after ${status} with ${what}`, { cause })
      })
    }
    passAllOn()
  }

  async function typeName() {
    await logInWithoutForm(page, site)
    await page.goto('/profile')
    await page.fill('#name', 'Ann Lee')
    await page.evaluate(
      'window.untouched = true; document.addEventListener("foreign", () => (window.untouched = false))',
    )
  }

  const send = () => page.click('main form[action="/profile"] button')

  async function expectForm(name = 'Ann Lee') {
    await page.waitForSelector('main form[action="/profile"] button:enabled')
    expect([await page.inputValue('#name'), path(page)]).toEqual([name, '/profile'])
    expect([await page.content(), await page.evaluate('window.untouched')]).toEqual([
      expect.not.stringMatching(/foreign/i),
      true,
    ])
  }

  /** The error message above the form, which is removed for the next message. */
  async function takeMessage(selector = '#flash[role=alert].error') {
    await page.waitForSelector(`${selector}:not(:empty)`)
    const message = await text(page, selector)
    await page.evaluate(`document.querySelector('${selector}').textContent = ''`)
    return message
  }

  async function htmxRequest(cause: string) {
    await page.evaluate(
      `new Promise((done) => { document.addEventListener("htmx:finally:request", () => done(), { once: true }); ${cause} })`,
    )
    await frames(page)
  }

  test('a form whose response comes from a proxy stays, with a message above it', async () => {
    await typeName()
    await forEachResponse(
      async () => {
        await send()
        expect([UNEXPECTED, NO_ANSWER]).toContain(await takeMessage())
        await expectForm()
      },
      'POST',
      '/profile',
    )
    await send()
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })

  test('a body that is too large for a proxy or for the server keeps the form', async () => {
    await typeName()
    answer('POST', '/profile', () => new Response(PAGE, { status: 413, headers: HTML }))
    await send()
    expect(await takeMessage()).toBe('Your input is too large. It is still here. Shorten it and try again.')
    await expectForm()
    passAllOn()
    const long = 'x'.repeat(70_000)
    await page.fill('#name', long)
    await send()
    expect(await takeMessage()).toBe('Too large. Send at most 64 KiB.')
    await expectForm(long)
  })

  test('an internal error of the server keeps the form and shows the id of the log', async () => {
    await typeName()
    const { now } = site.deps
    site.deps.now = () => {
      throw new Error('broken')
    }
    await send()
    const message = await takeMessage()
    site.deps.now = now
    const [line] = takeLoggedErrors()
    expect(message).toStartWith('Something went wrong. Please try again in a moment.')
    expect(message).toContain(String(line?.id))
    await expectForm()
  })

  signupTest.each(['/login', '/signup'])('a visitor keeps the typed password on %s', async (at) => {
    await page.goto(at)
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await forEachResponse(
      async () => {
        await page.click('main button[type=submit]')
        await takeMessage()
        expect([await page.inputValue('#email'), await page.inputValue('#password'), path(page)]).toEqual([
          ann.email,
          ann.password,
          at,
        ])
      },
      'POST',
      at,
    )
  })

  test('a link that htmx follows keeps the page and its address', async () => {
    await logInWithoutForm(page, site)
    await page.goto('/settings')
    await forEachResponse(
      async () => {
        await page.click('main a[href="/settings/password"]')
        await takeMessage()
        expect([path(page), await text(page, 'h1')]).toEqual(['/settings', 'Settings'])
      },
      'GET',
      '/settings/password',
    )
  })

  test('the re-login dialog opens after a proxy answered for its form', async () => {
    await typeName()
    site.advance(minutes(5))
    answer('GET', '/relogin', () => new Response(PAGE, { status: 502, headers: HTML }))
    await send()
    await page.waitForSelector('#privacy-message')
    await forEachResponse(
      async () => {
        await htmxRequest('dispatchEvent(new Event("online"))')
        expect(await text(page, '#main')).toBe('No connection to the server. The page is hidden until it returns.')
      },
      'GET',
      '/relogin',
    )
    await page.evaluate('dispatchEvent(new Event("online"))')
    await page.fill('#relogin-password', ann.password)
    await page.click('#relogin-form button[type=submit]')
    await expectForm()
  })

  test('the re-login dialog keeps the password, and the page keeps the form, while a proxy answers', async () => {
    await typeName()
    site.advance(minutes(5))
    await send()
    await page.fill('#relogin-password', ann.password)
    await forEachResponse(
      async () => {
        await page.press('#relogin-password', 'Enter')
        expect([UNEXPECTED, NO_ANSWER]).toContain(await takeMessage('.dialog-error'))
        expect(await page.inputValue('#relogin-password')).toBe(ann.password)
      },
      'POST',
      '/relogin',
    )
    answer('POST', '/profile', () => new Response(PAGE, { status: 502, headers: HTML }))
    await page.click('#relogin-form button[type=submit]') // the form is sent again, and the proxy answers
    expect(await takeMessage()).toBe(UNEXPECTED)
    await expectForm()
  })

  test('a background request that a proxy answers changes nothing on the page', async () => {
    await logInWithoutForm(page, site)
    await page.goto('/settings/sessions')
    const before = await page.locator('main').innerHTML()
    await forEachResponse(
      async () => {
        await htmxRequest('document.body.dispatchEvent(new Event("security-event"))')
        expect([await page.locator('main').innerHTML(), path(page)]).toEqual([before, '/settings/sessions'])
      },
      'GET',
      '/settings/sessions',
    )
  })

  test('a check of the session that a proxy answers neither hides nor reloads the page', async () => {
    await typeName()
    await forEachResponse(
      async () => {
        const asked = page.waitForRequest('**/session')
        await page.evaluate(
          'new BroadcastChannel("session").postMessage({ kind: "no-session" }), fetch("/healthz").then(() => 0)',
        )
        await asked
        await page.evaluate('fetch("/healthz").then(() => undefined)')
        await frames(page)
        await expectForm()
      },
      'GET',
      '/session',
    )
  })
})
