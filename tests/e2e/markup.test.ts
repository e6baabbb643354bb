import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import { browserOfFile, frames, hasChromium, openListeningSite, openPage } from './chromium'
import { mounted } from '../support/features'
import { MARKUP } from '../support/markup'
import { makeToken } from '../support/tokens'

setDefaultTimeout(60_000)

const browser = browserOfFile()

const password = 'a hat too many'
const mallory = { email: 'mallory@example.test', password }
const plain = MARKUP.map((_, i) => `plain words ${i}`)

/** Uses these texts as names of users, tokens and browsers. */
async function siteFullOf(texts: readonly string[]) {
  const site = await openListeningSite()
  const name = texts.slice(0, 3).join('').slice(0, 100)
  const user = await createUser(site.deps, { ...mallory, name })
  if (!user) throw new Error('the address is taken')
  await changeRole(site.deps, user, 'admin', 'command line')
  for (const [i, name] of texts.entries()) {
    await createUser(site.deps, { email: `u${i}@example.test`, name, password })
    const client = { fingerprint: 'x', userAgent: 'x', ip: '' }
    if (i < 20) await makeToken(site.deps, user, { name, scopes: ['profile:read'], lifetime: days(9) }, client)
    await site.browser(/^[\x20-\x7e]+$/.test(name) ? name : 'x').post('/login', mallory)
  }
  return site
}

/** Every element with the names of its attributes. htmx changes classes at any time, so they are left out. */
const SHAPE = `[...document.querySelectorAll('*')].map((one) => [one.localName, ...one.getAttributeNames().filter((name) => name !== 'class').toSorted()].join(' '))`

async function tour(texts: readonly string[]) {
  const site = await siteFullOf(texts)
  const { context, page, complaints } = await openPage(await browser(), site)
  const asked: string[] = []
  const shapes: Record<string, unknown> = {}
  page.on('dialog', async (dialog) => (complaints.push(`dialog ${dialog.message()}`), dialog.dismiss()))
  page.on('request', (request) => void asked.push(`${request.method()} ${request.url().replace(site.url, '')}`))
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) => console.error('violation', violatedDirective, blockedURI))`,
  )
  const look = async (where: string) => {
    await frames(page)
    shapes[where] = await page.evaluate(SHAPE)
  }
  const openPath = async (path: string) => (await page.goto(path), look(path.replace(/[\w-]{22}/, ':id')))
  await page.goto('/login')
  await page.fill('#email', mallory.email)
  await page.fill('#password', password)
  await page.click('main button[type=submit]')
  await page.waitForURL('**/profile')
  const settings = ['/settings/tokens', '/settings/sessions', '/settings/activity']
  for (const path of mounted(site, ['/', '/probe', '/profile', '/dashboard', ...settings, '/logout']))
    await openPath(path)
  for (const path of mounted(site, ['/admin/users'])) {
    await openPath(path)
    await page.click('text=Older')
    await look('the second page of users')
  }
  await page.goto('/profile')
  await page.fill('#name', `${texts[0]}\uFFFD`)
  await page.click('main form:has(#name) button[type=submit]')
  await page.waitForSelector('#name-error')
  await look('an error, swapped in')
  site.advance(minutes(5))
  await openPath('/relogin')
  await context.close()
  await site.close()
  return { shapes, asked, complaints }
}

describe.skipIf(!hasChromium)('in a browser', () => {
  test('stored markup adds no element, no attribute and no request to any page', async () => {
    const [hostile, harmless] = [await tour(MARKUP), await tour(plain)]
    for (const [where, shape] of Object.entries(harmless.shapes))
      expect([where, hostile.shapes[where]]).toEqual([where, shape])
    const others = (asked: string[]) => asked.filter((one) => !one.startsWith('GET /') || /evil|alert/.test(one))
    expect(others(hostile.asked)).toEqual(['POST /login', 'POST /profile'])
    expect([...hostile.complaints, ...harmless.complaints]).toEqual([])
  })
})
