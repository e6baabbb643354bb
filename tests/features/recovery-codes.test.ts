import { expect, test } from 'bun:test'
import { days, minutes, seconds } from '@/lib/duration'
import { createFairQueue } from '@/lib/fair-queue'
import { beginTwoStepSetup } from '@/model/accounts/factors/two-step'
import { ann, createPeople, eve } from '../support/people'
import { addApp, addCodes, annWithRecoveryCodes, turnOnTwoStep } from '../support/second-factors'
import { mailSite } from '../support/site'
import { statementsDuring } from '../support/statements'
import { readNewCodes, SECURITY } from '../support/two-step-pages'

const CODES = `${SECURITY}/recovery-codes`
const STRONG = { amr: ['password', 'totp'] } as const

let release = () => {}

type Site = Awaited<ReturnType<typeof annWithRecoveryCodes>>

/** The answer to a login with this code as second step. */
async function logInWith(site: Pick<Site, 'browser'>, code: string) {
  const browser = site.browser()
  await browser.post('/login', ann)
  return browser.post('/login/second-step', { recovery_code: code })
}

test('new codes are shown once', async () => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, STRONG)
  const { html } = await browser.post(CODES)
  const [code = ''] = readNewCodes(html).codes
  expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/)
  for (const path of [CODES, SECURITY]) expect((await browser.get(path)).html).not.toContain(code)
})

test('a new set counts only when it is saved, and the old one until then', async () => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, STRONG)
  const { codes, set } = readNewCodes((await browser.post(CODES)).html)
  expect((await logInWith(site, codes[0] ?? '')).status).toBe(422)
  expect((await logInWith(site, site.codes[0] ?? '')).status).toBe(303)
  const saved = await browser.post(`${CODES}/saved`, { saved: 'yes', set })
  expect([saved.status, saved.to]).toEqual([303, SECURITY])
  expect((await browser.get(SECURITY)).html).toContain(
    'Your new recovery codes are active. The old ones no longer work.',
  )
  expect((await logInWith(site, site.codes[1] ?? '')).status).toBe(422)
  expect((await logInWith(site, codes[0] ?? '')).status).toBe(303)
})

test('without the checkbox the codes are shown again, and only codes', async () => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, STRONG)
  const { codes, set } = readNewCodes((await browser.post(CODES)).html)
  const typed = `${codes.join(' ')} <b>x</b> k7dm-2wqx-9h4t-vbn3 k7dm-2wqx-9h4t-vbn3`
  const { status, html } = await browser.post(`${CODES}/saved`, { set, codes: typed })
  expect(status).toBe(422)
  expect(readNewCodes(html)).toEqual({ codes, set })
  expect((await browser.post(`${CODES}/saved`, { saved: 'yes', set })).status).toBe(303)
})

test('a set that has expired, or that another tab replaced, is gone', async () => {
  const site = await annWithRecoveryCodes()
  const first = await site.as(ann, STRONG)
  const { set } = readNewCodes((await first.post(CODES)).html)
  const newer = readNewCodes((await (await site.as(ann, STRONG)).post(CODES)).html)
  const replaced = await first.post(`${CODES}/saved`, { saved: 'yes', set })
  expect([replaced.status, replaced.html.includes('These codes have expired')]).toEqual([404, true])
  site.advance(minutes(15))
  const late = await (await site.as(ann, STRONG)).post(`${CODES}/saved`, { saved: 'yes', set: newer.set })
  expect(late.status).toBe(404)
  expect((await logInWith(site, site.codes[0] ?? '')).status).toBe(303)
})

test('a user cannot save the set of another user', async () => {
  const site = await annWithRecoveryCodes()
  await addApp(site, site.users.eve)
  const { set } = readNewCodes((await (await site.as(ann, STRONG)).post(CODES)).html)
  expect((await (await site.as(eve)).post(`${CODES}/saved`, { saved: 'yes', set })).status).toBe(404)
})

test.each([
  [7, 'You have only 3 recovery codes left.', 'status'],
  [9, 'You have only 1 recovery code left.', 'status'],
  [10, 'You have no recovery codes left.', 'alert'],
])('after %d used codes the page of login methods says what is left', async (used, text, role) => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, STRONG)
  const page = async () => (await browser.get(SECURITY)).html
  expect(await page()).not.toContain('recovery codes left')
  for (const code of site.codes.slice(0, used)) expect((await logInWith(site, code)).status).toBe(303)
  const html = await page()
  expect(html).toMatch(new RegExp(`role="${role}"><p>${text}`))
  expect(html).toContain(`${10 - used} of 10 codes left.`)
})

test('each login says that few codes are left, once', async () => {
  const site = await annWithRecoveryCodes()
  const logIn = async () => {
    const browser = site.browser()
    await browser.post('/login', ann)
    site.advance(seconds(30))
    expect((await browser.post('/login/second-step', { code: site.app.code() })).status).toBe(303)
    return browser
  }
  expect((await (await logIn()).get('/profile')).html).not.toContain('recovery codes left')
  await site.deps.db
    .updateTable('recovery_codes')
    .set({ used_at: site.deps.now() })
    .where('id', 'in', site.deps.db.selectFrom('recovery_codes').select('id').limit(8))
    .execute()
  const browser = await logIn()
  const { html } = await browser.get('/profile')
  expect(html).toContain('Logged in successfully.')
  expect(html).toContain('You have only 2 recovery codes left.')
  expect((await browser.get('/profile')).html).not.toContain('recovery codes left')
})

test('the alert about the removal of lost factors is the only notice', async () => {
  const site = await annWithRecoveryCodes({ MAIL_URL: 'mailbox:' })
  await site.deps.db.updateTable('recovery_codes').set({ used_at: site.deps.now() }).execute()
  const browser = await site.as(ann, STRONG)
  expect((await browser.get(SECURITY)).html).toContain('You have no recovery codes left.')
  const at = site.deps.now()
  const { id: user_id, password_version } = site.users.ann
  const reset = { id: 'x', user_id, password_version, requested_at: at, confirmed_at: at, due_at: at + days(3) }
  await site.deps.db.insertInto('factor_resets').values(reset).execute()
  const { html } = await browser.get(SECURITY)
  expect(html).toContain('Two-step verification will be removed from your account')
  expect(html).not.toContain('You have no recovery codes left.')
})

test('a used code is in the history and reported by mail', async () => {
  const site = await createPeople(await mailSite())
  const { ann: user } = site.users
  await addApp(site, user)
  const [code = ''] = await addCodes(site, user)
  await turnOnTwoStep(site, user)
  const browser = site.browser()
  await browser.post('/login', ann)
  const { status } = await browser.post('/login/second-step', { recovery_code: code })
  expect(status).toBe(303)
  expect((await browser.get('/settings/activity')).html).toContain('A recovery code was used. 9 left.')
  await site.deliverMail()
  const mail = site.mailbox.mails.find(({ subject }) => subject === 'A recovery code was used')
  expect(mail?.text).toContain('You have 9 left.')
})

test('a recovery code confirms a stale session, and is used up by it', async () => {
  const site = await annWithRecoveryCodes()
  const [code = ''] = site.codes
  const browser = await site.as(ann, { ...STRONG, fresh: false })
  expect((await browser.get('/settings/password')).status).toBe(303)
  expect((await browser.post('/relogin/code', { recovery_code: code })).status).toBe(303)
  expect((await browser.get('/settings/password')).status).toBe(200)
  expect((await logInWith(site, code)).status).toBe(422)
})

test('a full hash queue returns 503, and the old codes work afterwards', async () => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, STRONG)
  const { hashQueue } = site.deps
  site.deps.hashQueue = createFairQueue({ concurrency: 1, maxWaiting: 0, maxWaitingPerKey: 0 })
  const busy = site.deps.hashQueue.run('', () => new Promise<void>((resolve) => (release = resolve)))
  expect((await browser.post(CODES)).status).toBe(503)
  release()
  await busy
  site.deps.hashQueue = hashQueue
  expect((await logInWith(site, site.codes[0] ?? '')).status).toBe(303)
})

test('a recovery code is no first factor', async () => {
  const site = await annWithRecoveryCodes()
  const { status, set } = await site.browser().post('/login', { email: ann.email, password: site.codes[0] ?? '' })
  expect([status, set.some((line) => line.startsWith('session='))]).toEqual([422, false])
})

test('a request during the set-up reads the factors of the user once', async () => {
  const site = await createPeople(await mailSite())
  await addApp(site, site.users.ann)
  await beginTwoStepSetup(site.deps, site.users.ann)
  const browser = await site.as(ann, STRONG)
  const readsDuring = async (work: () => Promise<unknown>) =>
    (await statementsDuring(site.deps, work)).filter((sql) => sql.includes('"has_password"'))
  expect(await readsDuring(() => browser.get(CODES))).toHaveLength(1)
  expect(await readsDuring(() => browser.post(CODES))).toHaveLength(1)
})
