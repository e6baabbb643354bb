import { afterEach, beforeEach, describe, expect, setDefaultTimeout } from 'bun:test'
import type { Page } from 'playwright-core'
import { ann } from '../support/people'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  text,
  type ListeningSite,
} from './chromium'

type Story = {
  page: Page
  site: ListeningSite
  /** A page in another browser context, with its own cookies. */
  openAnother: () => Promise<Page>
}

/** Runs the same tests with scripts and without. */
export function withScriptsAndWithout(tell: (its: () => ReturnType<typeof openStory>) => void) {
  setDefaultTimeout(30_000) // here: it counts for the file that calls this function
  const browser = browserOfFile()

  describe.skipIf(!hasChromium).each([
    ['with scripts', true],
    ['without scripts', false],
  ])('%s', (_, javaScriptEnabled) => {
    let story: Story
    let complaints: string[]

    beforeEach(async () => {
      const running = await browser()
      const site = await openListeningSite()
      const open = () => openPage(running, site, { javaScriptEnabled })
      const opened = await open()
      story = { page: opened.page, site, openAnother: async () => (await open()).page }
      complaints = opened.complaints
    })

    afterEach(async () => {
      await story.page.context().close()
      await story.site.close()
      expect(complaints).toEqual([])
    })

    tell(() => openStory(story))
  })
}

function openStory({ page, site, openAnother }: Story) {
  const send = () => page.click('main form:has(input:not([type=hidden])) button[type=submit]')

  async function logIn(person = ann, at = page) {
    await logInWithoutForm(at, site, person)
    await at.goto('/profile')
  }

  /** Sends these fields and returns the error message. */
  async function mistype(fields: Record<string, string>, errorId: string) {
    for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value)
    await send()
    await page.waitForSelector(`#${errorId}`)
    expect(await page.title()).toStartWith('Error: ')
    return text(page, `#${errorId}`)
  }

  return { page, site, openAnother, send, logIn, mistype }
}
