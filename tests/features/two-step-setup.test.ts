import { expect, test } from 'bun:test'

import { totpCodeAt } from '@/lib/totp'
import { findUser } from '@/model/users/users'
import type { Browser } from '../support/browser'
import { ann, annAndEve } from '../support/people'
import type { Site } from '../support/site'

const SECURITY = '/settings/security'

/** What the page of the set-up shows. */
async function readSetup(browser: Browser) {
  const { html } = await browser.get(`${SECURITY}/app/new`)
  const app = /name="app" value="([\w-]{22})"/.exec(html)?.[1] ?? ''
  const secret = (/id="app-secret"[^>]*>([^<]*)</.exec(html)?.[1] ?? '').replace(/\s/g, '')
  return { html, app, secret }
}

async function start(site: Pick<Site, 'as' | 'deps'>, person: { email: string } = ann) {
  const browser = await site.as(person)
  await browser.post(`${SECURITY}/app/new`)
  const setup = await readSetup(browser)
  return { browser, ...setup, code: () => totpCodeAt(setup.secret, site.deps.now()) }
}

/** The new codes and the set that a page shows. */
const readCodes = (html: string) => ({
  codes: [...html.matchAll(/<li><code>([\w-]{19})</g)].map(([, code = '']) => code),
  set: /name="set" value="([\w-]{22})"/.exec(html)?.[1] ?? '',
})

const isOn = async ({ deps, users }: Awaited<ReturnType<typeof annAndEve>>) =>
  (await findUser(deps, users.ann.id))?.two_step_enabled_at !== null

test('the set-up works without scripts, and two-step verification is on after the codes are saved', async () => {
  const site = await annAndEve()
  const { browser, app, code } = await start(site)
  const added = await browser.post(`${SECURITY}/app`, { app, code: code(), name: 'Phone' })
  expect([added.status, added.to]).toEqual([303, `${SECURITY}/recovery-codes`])
  expect((await browser.get(`${SECURITY}/recovery-codes`)).html).toContain('Step 3 of 3')
  expect(await isOn(site)).toBe(false)
  const { html, status, headers } = await browser.post(`${SECURITY}/recovery-codes`)
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  const { codes, set } = readCodes(html)
  expect(codes).toHaveLength(10)
  const other = await site.as(ann)
  const finished = await browser.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set })
  expect([finished.status, finished.to]).toEqual([303, SECURITY])
  expect((await browser.get(SECURITY)).html).toContain('Two-step verification is on.')
  expect(await isOn(site)).toBe(true)
  const ended = await other.get('/profile')
  expect([ended.status, ended.to]).toEqual([303, '/relogin?next=%2Fprofile'])
  expect((await other.get('/relogin')).html).toContain(
    'Two-step verification was turned on for your account. Please log in again.',
  )
})
