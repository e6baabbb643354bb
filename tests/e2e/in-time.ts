import { afterEach, beforeEach, describe, expect, setDefaultTimeout } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
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

type Opened = Awaited<ReturnType<typeof openPage>> & { browser: Browser; site: ListeningSite }

/** Tells stories in a browser with scripts, whose clock can be pushed along with the server's. */
export function inTime(tell: (story: () => ReturnType<typeof openStory>) => void, env: Record<string, string> = {}) {
  setDefaultTimeout(30_000) // here, for it counts for the file that asks
  const browserOf = browserOfFile()

  describe.skipIf(!hasChromium)('with scripts', () => {
    let opened: Opened

    beforeEach(async () => {
      const browser = await browserOf()
      const site = await openListeningSite(env)
      opened = { browser, site, ...(await openPage(browser, site)) }
      await opened.context.clock.install()
    })

    afterEach(async () => {
      await opened.context.close()
      await opened.site.close()
      // A clock that is pushed runs into the time limit of requests that have hardly begun.
      expect(opened.complaints.filter((text) => !text.includes('htmx:error: timeout'))).toEqual([])
    })

    tell(() => openStory(opened))
  })
}

function openStory({ browser, site, page, context }: Opened) {
  return {
    page,
    site,
    context,
    /** A page in a browser of its own, where time goes on by itself. */
    openAnother: () => openPage(browser, site),

    /** Time passes on the server and in the browser. */
    async pass(ms: number) {
      site.advance(ms)
      await context.clock.fastForward(ms)
    },

    async logIn(at = page, person = ann, remembered = false) {
      await logInWithoutForm(at, site, person, remembered)
      const watching = at.waitForResponse('**/session/stream') // what happens before it listens, a page learns as it begins to
      await at.goto('/profile')
      await watching
    },

    async typePassword(at = page, password = ann.password) {
      await at.waitForSelector('#relogin-dialog[open] #relogin-password')
      await at.fill('#relogin-password', password)
      await at.click('#relogin-form button[type=submit]')
    },

    bar: (at: Page = page) => at.locator('#countdown'),

    /** What axe finds wrong with the page, dialog and bar included. */
    flaws: () => axeViolations(page),
  }
}
