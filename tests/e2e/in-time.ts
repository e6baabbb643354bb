import { afterEach, beforeEach, describe, expect, setDefaultTimeout } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Feature } from '@/app'
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

/** Runs tests in a browser with scripts. Tests can move its clock together with that of the server. */
export function inTime(
  tell: (story: () => ReturnType<typeof openStory>) => void,
  env: Record<string, string> = {},
  features: Feature[] = [],
) {
  setDefaultTimeout(30_000) // here: it counts for the file that calls this function
  const browserOf = browserOfFile()

  describe.skipIf(!hasChromium)('with scripts', () => {
    let opened: Opened

    beforeEach(async () => {
      const browser = await browserOf()
      const site = await openListeningSite(env, { features })
      opened = { browser, site, ...(await openPage(browser, site, { hasClock: true })) }
    })

    afterEach(async () => {
      await opened.context.close()
      await opened.site.close()
      // Moving the clock exceeds the timeout of running requests.
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
    /** The clock of this browser cannot be moved. */
    openAnother: () => openPage(browser, site),

    async pass(ms: number) {
      site.advance(ms)
      await context.clock.fastForward(ms)
    },

    async logIn(at = page, person = ann, remembered = false) {
      await logInWithoutForm(at, site, person, remembered)
      const watching = at.waitForResponse('**/session/stream') // events before the connection would refresh the page at once
      await at.goto('/profile')
      await watching
    },

    async typePassword(at = page, password = ann.password) {
      await at.waitForSelector('#relogin-dialog[open] #relogin-password')
      await at.fill('#relogin-password', password)
      await at.click('#relogin-form button[type=submit]')
    },

    bar: (at: Page = page) => at.locator('#countdown'),

    violations: () => axeViolations(page),
  }
}
