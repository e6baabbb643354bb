import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { ann, eve } from '../support/people'
import { browserOfFile, hasChromium, openListeningSite, openPage, path, text, type ListeningSite } from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()

/** What becomes of a form that is sent on an ended session, in a browser that runs no scripts. */
describe.skipIf(!hasChromium)('without scripts', () => {
  let site: ListeningSite
  let page: Page
  let complaints: string[]

  beforeEach(async () => {
    site = await openListeningSite()
    ;({ page, complaints } = await openPage(await browser(), site, { javaScriptEnabled: false }))
  })

  afterEach(async () => {
    await page.context().close()
    await site.close()
    expect(complaints).toEqual([])
  })

  const send = () => page.click('main form button[type=submit]')

  async function logIn({ email, password } = ann) {
    await page.fill('#email', email)
    await page.fill('#password', password)
    await send()
  }

  /** Ann sent a new name after her session had run out, and is asked for her password. */
  async function annInterrupted() {
    await page.goto('/login')
    await logIn()
    await page.fill('#name', 'Only Ann knows')
    site.advance(minutes(5))
    await send()
    expect(path(page)).toBe('/relogin')
  }

  test('it is shown after the password, and goes through by one button', async () => {
    await annInterrupted()
    await page.fill('#password', ann.password)
    await send()
    expect(path(page)).toBe('/resume')
    expect(await text(page, 'main dl')).toContain('Only Ann knows')
    await page.click('button:has-text("Send now")')
    expect([path(page), await text(page, 'h1')]).toEqual(['/profile', 'Welcome, Only Ann knows!'])
    expect(await text(page, '#flash')).toBe('Your profile has been saved.')
    await page.goBack()
    await page.reload()
    expect(path(page)).toBe('/dashboard') // nothing is left to send
  })

  test('it can be thrown away', async () => {
    await annInterrupted()
    await page.fill('#password', ann.password)
    await send()
    await page.click('button:has-text("Discard")')
    await page.goto('/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')
  })

  test('somebody else who logs in instead finds no trace of it', async () => {
    await annInterrupted()
    await page.click('text=Log in as a different user')
    await logIn(eve)
    expect(await text(page, 'h1')).toBe('Welcome, Eve!')
    for (const address of ['/resume', '/profile', '/dashboard']) {
      await page.goto(address)
      expect(await page.content()).not.toContain('Only Ann knows')
    }
  })
})
