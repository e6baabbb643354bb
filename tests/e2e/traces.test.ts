import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { ann } from '../support/people'
import { browserOfFile, hasChromium, openListeningSite, openPage, type ListeningSite } from './chromium'

setDefaultTimeout(60_000)

const browser = browserOfFile()

/** A script that reads every store in which a page can leave data. */
const LEFT = `(async () => ({
  local: Object.entries(localStorage),
  session: Object.entries(sessionStorage),
  databases: await indexedDB.databases(),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  cookies: document.cookie,
  name: window.name,
  history: JSON.stringify(history.state ?? {}).replace(/[^\\w@ ]/g, '').replace(/htmx|true|url/g, ''),
}))()`
const NOTHING = { local: [], session: [], databases: [], caches: [], workers: 0, cookies: '', name: '' }

describe.skipIf(!hasChromium)('in a browser', () => {
  let site: ListeningSite
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeEach(async () => {
    site = await openListeningSite()
    ;({ context, page, complaints } = await openPage(await browser(), site))
    await context.addInitScript(
      `addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) => console.error('violation', violatedDirective, blockedURI))`,
    )
  })

  afterEach(async () => {
    await context.close()
    await site.close()
  })

  async function logIn() {
    await page.goto('/login')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.check('[name=remember]')
    await page.click('main button[type=submit]')
    await page.waitForURL('**/profile')
  }

  tokenTest(
    'a browser stores only cookies that no script can read, and keeps only the device cookie after a logout',
    async () => {
      const expectClean = async () => expect(await page.evaluate(LEFT)).toMatchObject(NOTHING)
      await page.goto('/')
      await expectClean()
      expect(await context.cookies()).toEqual([])
      await logIn()
      for (const path of [
        '/dashboard',
        '/settings',
        '/settings/sessions',
        '/settings/activity',
        '/settings/tokens',
        '/api/docs',
      ]) {
        await page.goto(path)
        await expectClean()
      }
      await page.goto('/settings/tokens/new')
      await page.fill('#name', 'Backup')
      await page.click('text=Create token')
      await page.waitForSelector('#new-token')
      await expectClean()
      site.advance(minutes(5))
      await page.goto('/profile')
      const cookies = await context.cookies()
      expect(cookies.map(({ name, httpOnly, sameSite, path }) => [name, httpOnly, sameSite, path]).toSorted()).toEqual([
        ['device', true, 'Lax', '/'],
        ['remember', true, 'Lax', '/'],
        ['session', true, 'Lax', '/'],
      ])
      expect(cookies.find(({ name }) => name === 'session')?.expires).toBe(-1)
      await page.click('nav >> text=Logout')
      await page.waitForURL('**/')
      await page.goto('/probe')
      await expectClean()
      expect((await context.cookies()).map(({ name }) => name)).toEqual(['device'])
      expect(complaints).toEqual([])
    },
  )

  test('no script can turn text into markup or code', async () => {
    await logIn()
    const tried = await page.evaluate(`(async () => {
      await new Promise((done) => setTimeout(done)) // the debugger itself may use eval
      const tries = {
        innerHTML: () => (document.getElementById('main').innerHTML = '<img src=x onerror=alert(1)>'),
        outerHTML: () => (document.getElementById('flash').outerHTML = '<b>x</b>'),
        write: () => document.write('<b>x</b>'),
        adjacent: () => document.body.insertAdjacentHTML('beforeend', '<b>x</b>'),
        parse: () => new DOMParser().parseFromString('<b>x</b>', 'text/html'),
        fragment: () => document.createRange().createContextualFragment('<b>x</b>'),
        srcdoc: () => (document.createElement('iframe').srcdoc = '<b>x</b>'),
        eval: () => (0, eval)('1'),
        Function: () => new Function('1')(),
        timeout: () => setTimeout('1'),
        script: () => (document.createElement('script').src = '/assets/app.js'),
        text: () => (document.createElement('script').textContent = '1'),
        policy: () => trustedTypes.createPolicy('mine', { createHTML: (html) => html }),
        again: () => trustedTypes.createPolicy('htmx', { createHTML: (html) => html }),
        byDefault: () => trustedTypes.createPolicy('default', { createHTML: (html) => html }),
        worker: () => new Worker('/assets/app.js'),
      }
      return Object.entries(tries).flatMap(([name, act]) => { try { act(); return [name] } catch { return [] } })
    })()`)
    expect(tried).toEqual([])
  })
})
