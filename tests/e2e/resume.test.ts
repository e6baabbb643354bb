import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { ann, eve } from '../support/people'
import { browserOfFile, hasChromium, openListeningSite, openPage, path, text, type ListeningSite } from './chromium'

setDefaultTimeout(30_000)

const browser = browserOfFile()

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

  /** Ann sends a form after her session expired. */
  async function annInterrupted() {
    await page.goto('/login')
    await logIn()
    await page.fill('#name', 'Only Ann knows')
    site.advance(minutes(5))
    await send()
    expect(path(page)).toBe('/relogin')
  }

  test('a saved request is shown after the re-login, and one button sends it', async () => {
    await annInterrupted()
    await page.fill('#password', ann.password)
    await send()
    expect(path(page)).toBe('/resume')
    expect(await text(page, 'main dl')).toContain('Only Ann knows')
    await page.click('button:has-text("Save now")')
    expect([path(page), await text(page, 'h1')]).toEqual(['/profile', 'Welcome, Only Ann knows!'])
    expect(await text(page, '#flash')).toBe('Your profile has been saved.')
    await page.goBack()
    await page.reload()
    expect(path(page)).toBe('/dashboard') // no saved request is left
  })

  test('a user can discard a saved request', async () => {
    await annInterrupted()
    await page.fill('#password', ann.password)
    await send()
    await page.click('button:has-text("Discard")')
    await page.goto('/profile')
    expect(await text(page, 'h1')).toBe('Welcome, Ann!')
  })

  test('a user is told that a form was discarded, and one button removes the message', async () => {
    site.deps.config.rowCaps.savedRequests.perUser = 0
    await annInterrupted()
    await page.fill('#password', ann.password)
    await send()
    expect([path(page), await text(page, 'h1')]).toEqual(['/resume', 'Your form was not kept'])
    expect(await text(page, 'main')).toContain('Too many forms were waiting for a login')
    await page.click('button:has-text("OK")')
    expect(path(page)).toBe('/dashboard')
    await page.goto('/resume')
    expect(path(page)).toBe('/dashboard')
  })

  test('another user who logs in instead sees nothing of the saved request', async () => {
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
