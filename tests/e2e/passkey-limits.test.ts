import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { addPasskey } from '../support/passkeys'
import { ann } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'
import { openAuthenticators } from './authenticators'
import { axeViolations } from './axe'
import {
  browserOfFile,
  hasChromium,
  logInWithoutForm,
  openListeningSite,
  openPage,
  text,
  type ListeningSite,
} from './chromium'

setDefaultTimeout(60_000)

describe.skipIf(!hasChromium)('where passkeys do not work', () => {
  const browser = browserOfFile()
  let site: ListeningSite

  beforeAll(async () => {
    site = await openListeningSite()
    await addPasskey(site, site.users.ann)
    await addApp(site, site.users.ann)
    await turnOnTwoStep(site, site.users.ann)
  })

  afterAll(() => site.close())

  test('without scripts there is no button, and a sentence names the other way', async () => {
    const { page, context } = await openPage(await browser(), site, { javaScriptEnabled: false })
    await page.goto('/login')
    expect(await page.isVisible('button:has-text("Log in with a passkey")')).toBe(false)
    expect(await text(page, 'noscript')).toBe('Passkeys require JavaScript. Log in with your password instead.')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.click('main form[action="/login"] button[type=submit]')
    await page.waitForSelector('h1:has-text("Two-step verification")')
    expect(await page.isVisible('button:has-text("Use a passkey")')).toBe(false)
    expect(await text(page, 'noscript')).toBe('Passkeys require JavaScript. Enter a code instead.')
    expect(await page.isVisible('#code')).toBe(true)
    await context.close()
  })

  test('in a browser without passkeys the login page has no button, and the second step says so', async () => {
    const { page, context, complaints } = await openPage(await browser(), site)
    await page.addInitScript('delete globalThis.PublicKeyCredential')
    await page.goto('/login')
    await page.waitForSelector('[data-passkey][data-enhanced]', { state: 'attached' })
    expect(await page.isVisible('button:has-text("Log in with a passkey")')).toBe(false)
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await page.click('main form[action="/login"] button[type=submit]')
    await page.waitForSelector('text=This browser doesn’t support passkeys.')
    expect([await axeViolations(page), await page.isVisible('#code')]).toEqual([[], true])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('on another name of the same computer the pages name the address where passkeys work', async () => {
    const other = { url: site.url.replace('localhost', '127.0.0.1') }
    const { page, context, complaints } = await openPage(await browser(), other)
    await page.goto('/login')
    expect(await page.locator(`main a[href="${site.url}"]`).innerText()).toBe(site.url)
    expect(await page.locator('[data-passkey]').count()).toBe(0)
    expect(await axeViolations(page)).toEqual([])
    await logInWithoutForm(page, { ...site, ...other })
    await page.goto('/settings/security')
    expect(await text(page, '#passkeys')).toContain(`Passkeys work at ${site.url}.`)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('in a frame of another site no page appears, and a call inside is refused', async () => {
    const neighbour = Bun.serve({
      port: 0,
      fetch: () =>
        new Response(`<iframe src="${site.url}/login"></iframe>`, { headers: { 'content-type': 'text/html' } }),
    })
    const { page, context } = await openPage(await browser(), { url: `http://localhost:${neighbour.port}` })
    const { add } = await openAuthenticators(page)
    await add()
    await page.goto('/')
    const [, frame] = page.frames()
    expect(await frame?.locator('input').count()).toBe(0)
    const refused = await frame?.evaluate(`navigator.credentials
      ? navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), rpId: 'localhost' } }).then(() => 'used', ({ name }) => name)
      : 'no passkeys'`)
    expect(refused).not.toBe('used')
    await context.close()
    await neighbour.stop(true)
  })
})
