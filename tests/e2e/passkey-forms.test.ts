import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { assetUrls } from '@/http/assets/manifest'
import { openAuthenticators } from './authenticators'
import { frames, text } from './chromium'
import { inTime } from './in-time'
import { bytes, passkeyPages } from './passkey-pages'

type Sent = { attestation: string; assertion: string; remember: string }
type Credential = {
  id: string
  rawId: string
  type: string
  response: { clientDataJSON: string; userHandle?: string; transports?: string[] }
  clientExtensionResults: { credProps?: { rk: boolean } }
}

const ADD = 'button:has-text("Add a passkey")'
const LOG_IN = 'button:has-text("Log in with a passkey")'

async function sentBy(page: Page): Promise<Sent> {
  await page.waitForSelector('output')
  return JSON.parse(await text(page, 'output'))
}

const parse = (json: string): Credential => JSON.parse(json)

const challengeIn = ({ response }: Credential): string =>
  JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString()).challenge

inTime(
  (story) => {
    async function open(path = '/passkey-pages') {
      const its = story()
      const authenticators = await openAuthenticators(its.page)
      const phone = await authenticators.add()
      await its.page.goto('/passkey-pages')
      await its.page.click(ADD)
      const added = parse((await sentBy(its.page)).attestation)
      await its.page.goto(path)
      return { ...its, authenticators, phone, added }
    }

    test('only a page with such a form loads the script', async () => {
      const { page } = story()
      const loaded: string[] = []
      page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
      await page.goto('/probe')
      await frames(page)
      expect(loaded).not.toContain(assetUrls.passkeysJs)
      await page.goto('/passkey-pages')
      await page.waitForSelector(ADD)
      expect(loaded).toContain(assetUrls.passkeysJs)
    })

    test('a new passkey arrives in the field of its form', async () => {
      const { added, phone } = await open()
      expect(added).toMatchObject({
        rawId: added.id,
        type: 'public-key',
        response: { transports: ['internal'] },
        clientExtensionResults: { credProps: { rk: true } },
      })
      const [stored] = await phone.credentials()
      expect(Buffer.from(stored?.credentialId ?? '', 'base64').toString('base64url')).toBe(added.id)
    })

    test('an assertion arrives with the user handle and with the fields of the other form', async () => {
      const { page, added, violations } = await open()
      expect(await violations()).toEqual([])
      await page.check('[name=remember][type=checkbox]')
      await page.click(LOG_IN)
      const { assertion, remember } = await sentBy(page)
      expect([parse(assertion).id, parse(assertion).response.userHandle, remember]).toEqual([
        added.id,
        bytes('B'),
        'yes',
      ])
    })

    test('a form in a dialog asks for a passkey as soon as it appears', async () => {
      const { page, added } = await open()
      await page.click('text=Dialog')
      expect(parse((await sentBy(page)).assertion).id).toBe(added.id)
    })

    test('a form in a dialog asks nothing where the browser has no passkey', async () => {
      const { page, phone } = await open()
      await phone.remove()
      await page.evaluate(`{
        const get = navigator.credentials.get.bind(navigator.credentials)
        window.asked = []
        navigator.credentials.get = (options) => {
          const answer = get(options)
          asked.push(answer)
          return answer
        }
      }`)
      await page.click('text=Dialog')
      await page.waitForFunction('asked.length === 1')
      const answers = await page.evaluate(
        'Promise.allSettled(asked).then((all) => all.map(({ reason }) => reason.name))',
      )
      expect(answers).toEqual(['NotAllowedError'])
      await frames(page)
      expect(await text(page, '#flash')).toBe('')
    })

    test('a password manager without toJSON is enough', async () => {
      const { page, added } = await open()
      await page.evaluate('delete PublicKeyCredential.prototype.toJSON')
      await page.click(LOG_IN)
      expect(parse((await sentBy(page)).assertion).id).toBe(added.id)
    })

    test('a device that has a passkey of the account already says so', async () => {
      const { page, added } = await open()
      await page.evaluate(`{
        const form = document.querySelector('[data-passkey]')
        const excludeCredentials = [{ type: 'public-key', id: '${added.id}' }]
        form.dataset.passkey = JSON.stringify({ ...JSON.parse(form.dataset.passkey), excludeCredentials })
      }`)
      await page.click(ADD)
      await page.waitForSelector('#flash[role=alert]')
      expect(await text(page, '#flash')).toBe('This device already has a passkey for your account.')
    })

    test('without a passkey the page says so, and a second try works', async () => {
      const { page, phone } = await open()
      await phone.setVerified(false)
      await page.click(LOG_IN)
      await page.waitForSelector('#flash[role=alert]')
      expect(await text(page, '#flash')).toBe('No passkey was used. The request was cancelled or timed out.')
      await phone.setVerified(true)
      await page.click(LOG_IN)
      expect((await sentBy(page)).assertion).not.toBe('')
    })

    test('while the dialog of the browser is open, the button and a live region say so', async () => {
      const { page, phone, violations } = await open()
      await phone.setPresent(false)
      await page.click(LOG_IN)
      await page.waitForSelector('button:has-text("Waiting for your device…")')
      expect(await page.locator('form:not([hidden]) [role=status]').allTextContents()).toContain(
        'Waiting for your device…',
      )
      expect(await violations()).toEqual([])
      await phone.setPresent(true)
      await page.click('button:has-text("Waiting for your device…")')
      expect((await sentBy(page)).assertion).not.toBe('')
    })

    test('the list of the email field logs in without a click on the button', async () => {
      const { page, added } = await open('/passkey-pages/login')
      const assertion = parse((await sentBy(page)).assertion)
      expect(assertion.id).toBe(added.id)
      expect(challengeIn(assertion)).toBe(bytes('C')) // the page has none
    })

    test('a passkey that the server does not know is removed from the browser', async () => {
      const { page, phone, authenticators } = await open()
      const deleted = authenticators.next('credentialDeleted')
      await page.fill('#reject', 'yes')
      await page.click(LOG_IN)
      await deleted
      expect(await phone.credentials()).toEqual([])
    })
  },
  {},
  [passkeyPages],
)
