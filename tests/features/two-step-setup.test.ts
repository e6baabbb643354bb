import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import { totpCodeAt } from '@/lib/totp'
import { findUser } from '@/model/users/users'
import { dumpDatabase } from '../support/dump-database'
import { ID, eventsDuring } from '../support/emitted-events'
import { ann, annAndEve, createPeople, eve } from '../support/people'
import { annWithPasskey } from '../support/passkeys'
import { addApp, addCodes, annWithApp, annWithRecoveryCodes } from '../support/second-factors'
import { mailSite } from '../support/site'
import { readNewCodes, readQrCode, readSetup, SECURITY, startSetup } from '../support/two-step-pages'

type Site = Pick<Awaited<ReturnType<typeof annAndEve>>, 'deps' | 'users'>

const isOn = async ({ deps, users }: Site) => (await findUser(deps, users.ann.id))?.two_step_enabled_at !== null

test('the set-up works without scripts, and two-step verification is on after the codes are saved', async () => {
  const site = await annAndEve()
  const { browser, app, code } = await startSetup(site)
  const added = await browser.post(`${SECURITY}/app`, { app, code: code(), name: 'Phone' })
  expect([added.status, added.to]).toEqual([303, `${SECURITY}/recovery-codes`])
  expect((await browser.get(`${SECURITY}/recovery-codes`)).html).toContain('Step 3 of 3')
  expect(await isOn(site)).toBe(false)
  const { html, status, headers } = await browser.post(`${SECURITY}/recovery-codes`)
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  const { codes, set } = readNewCodes(html)
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

test('a set-up that begins with a passkey has no numbered steps', async () => {
  const site = await annWithPasskey()
  const browser = await site.as(ann)
  expect((await browser.post(`${SECURITY}/two-step/on`)).to).toBe(`${SECURITY}/recovery-codes`)
  for (const { html } of [
    await browser.get(`${SECURITY}/recovery-codes`),
    await browser.post(`${SECURITY}/recovery-codes`),
  ]) {
    expect(html).toContain('Save your recovery codes')
    expect(html).not.toContain('Step ')
  }
})

test('after the set-up no page asks for another code at once', async () => {
  const site = await annAndEve()
  const { browser, app, code } = await startSetup(site)
  await browser.post(`${SECURITY}/app`, { app, code: code(), name: '' })
  const { set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes`)).html)
  await browser.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set })
  expect((await browser.get('/settings/password')).status).toBe(200)
})

test('a tab that is closed at step 3 leaves two-step verification off, and the login as before', async () => {
  const site = await annAndEve()
  const { browser, app, code } = await startSetup(site)
  await browser.post(`${SECURITY}/app`, { app, code: code(), name: '' })
  await browser.post(`${SECURITY}/recovery-codes`)
  expect((await browser.get(SECURITY)).html).toContain(
    'Two-step verification isn’t on yet. Save your recovery codes to finish.',
  )
  const login = await site.browser().post('/login', ann)
  expect([login.status, login.to]).toEqual([303, '/profile'])
})

test('the page that required the set-up is reached after it', async () => {
  const site = await annAndEve({ MFA: 'required' })
  const browser = await site.as(ann)
  const denied = await browser.get('/profile')
  expect([denied.status, denied.to]).toEqual([303, `${SECURITY}?next=%2Fprofile`])
  const next = '?next=%2Fprofile'
  expect((await browser.get(`${SECURITY}${next}`)).html).toContain(`href="${SECURITY}/app/new${next}"`)
  expect((await browser.post(`${SECURITY}/app/new${next}`)).to).toBe(`${SECURITY}/app/new${next}`)
  const { app, secret } = await readSetup(browser)
  const code = totpCodeAt(secret, site.deps.now())
  expect((await browser.post(`${SECURITY}/app${next}`, { app, code })).to).toBe(`${SECURITY}/recovery-codes${next}`)
  const { set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes${next}`)).html)
  expect((await browser.post(`${SECURITY}/recovery-codes/saved${next}`, { saved: 'yes', set })).to).toBe('/profile')
  expect((await browser.get('/profile')).status).toBe(200)
})

test('a return path on another site is ignored', async () => {
  const site = await annAndEve()
  const browser = await site.as(ann)
  const { status, html } = await browser.get(`${SECURITY}?next=https://evil.test/`)
  expect(status).toBe(200)
  expect(html).not.toContain('evil.test')
})

test('the QR code on the page decodes to the address, which names the site and the account', async () => {
  const site = await annAndEve({ APP_NAME: 'My site' })
  const { html, secret } = await startSetup(site)
  const address = `otpauth://totp/My%20site:ann%40example.test?issuer=My%20site&secret=${secret}&algorithm=SHA1&digits=6&period=30`
  expect(readQrCode(html)).toBe(address)
  expect(html).toContain(`href="${address.replaceAll('&', '&amp;')}"`)
})

test('a GET of the set-up page writes nothing and shows a secret only after the start', async () => {
  const site = await annAndEve()
  const browser = await site.as(ann)
  const before = await dumpDatabase(site)
  expect((await readSetup(browser)).secret).toBe('')
  expect(await dumpDatabase(site)).toEqual(before)
  await browser.post(`${SECURITY}/app/new`)
  const started = await dumpDatabase(site)
  const { secret } = await readSetup(browser)
  expect((await readSetup(browser)).secret).toBe(secret)
  expect(await dumpDatabase(site)).toEqual(started)
})

test('a wrong code returns 422 and keeps the secret and the typed name', async () => {
  const site = await annAndEve()
  const { browser, app, secret } = await startSetup(site)
  for (const post of [browser.post, browser.postHtmx]) {
    const { status, html } = await post(`${SECURITY}/app`, { app, code: '000000', name: 'My phone' })
    expect(status).toBe(422)
    expect(html).toContain('That code isn’t right or was already used. Enter the code your app shows now.')
    expect(html).toContain('value="My phone"')
  }
  expect((await readSetup(browser)).secret).toBe(secret)
})

test.each([
  [minutes(4), 'Your phone’s clock is 4 minutes ahead. Set it to update automatically, then try again.'],
  [-minutes(4), 'Your phone’s clock is 4 minutes behind. Set it to update automatically, then try again.'],
  [minutes(10) + seconds(30), 'That code isn’t right or was already used.'],
])('the code of a phone whose clock differs by %d ms gets a hint', async (difference, text) => {
  const site = await annAndEve()
  const { browser, app, code } = await startSetup(site)
  const { status, html } = await browser.post(`${SECURITY}/app`, { app, code: code(difference) })
  expect(status).toBe(422)
  expect(html).toContain(text)
})

test('a set-up that has expired, or was tried ten times, returns 404 and a way to start again', async () => {
  const site = await annAndEve()
  const first = await startSetup(site)
  site.advance(minutes(15))
  const browser = await site.as(ann)
  const late = await browser.post(`${SECURITY}/app`, { app: first.app, code: first.code() })
  expect([late.status, late.html.includes('This set-up has expired')]).toEqual([404, true])
  const { app } = await startSetup(site)
  const statuses: number[] = []
  for (let n = 0; n < 11; n++) statuses.push((await browser.post(`${SECURITY}/app`, { app, code: '000000' })).status)
  expect(statuses).toEqual([...Array.from({ length: 9 }, () => 422), 404, 404])
})

test('ten new factors an hour are the limit of an account', async () => {
  const site = await annAndEve()
  const browser = await site.as(ann)
  for (let n = 0; n < 10; n++) expect((await browser.post(`${SECURITY}/app/new`)).status).toBe(303)
  const refused = await browser.post(`${SECURITY}/app/new`)
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true])
  expect((await (await site.as(eve)).post(`${SECURITY}/app/new`)).status).toBe(303)
})

test('a fourth app is refused', async () => {
  const site = await annAndEve()
  for (const name of ['a', 'b', 'c']) await addApp(site, site.users.ann, name)
  const { status, html } = await (await site.as(ann)).post(`${SECURITY}/app/new`)
  expect(status).toBe(409)
  expect(html).toContain('You have 3 authenticator apps, the maximum. Remove one first.')
})

test('a second app needs no recovery codes, and its name gets a number', async () => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, { amr: ['password', 'totp'] })
  await browser.post(`${SECURITY}/app/new`)
  const { app, secret, html } = await readSetup(browser)
  expect(html).toContain('Step 2 of 2')
  const code = totpCodeAt(secret, site.deps.now())
  const added = await browser.post(`${SECURITY}/app`, { app, code, name: 'Phone' })
  expect([added.status, added.to]).toEqual([303, SECURITY])
  const page = (await browser.get(SECURITY)).html
  expect(page).toContain('Authenticator app added.')
  expect(page).toContain('>Phone 2<')
})

test('with active codes the set-up ends with them, if the user keeps them', async () => {
  const site = await annAndEve()
  await addCodes(site, site.users.ann)
  const { browser, app, code } = await startSetup(site)
  await browser.post(`${SECURITY}/app`, { app, code: code(), name: '' })
  expect((await browser.get(`${SECURITY}/recovery-codes`)).html).toContain('Keep my existing codes')
  const kept = await browser.post(`${SECURITY}/two-step/on`)
  expect([kept.status, kept.to]).toEqual([303, SECURITY])
  expect(await isOn(site)).toBe(true)
})

test('without a second factor two-step verification is not turned on', async () => {
  const site = await annAndEve()
  await addCodes(site, site.users.ann)
  const browser = await site.as(ann)
  expect((await browser.post(`${SECURITY}/two-step/on`)).status).toBe(409)
  expect((await browser.post(`${SECURITY}/recovery-codes`)).status).toBe(409)
  expect(await isOn(site)).toBe(false)
})

test('codes that are saved after the only factor is gone do not turn it on, so no user is locked out', async () => {
  const site = await annAndEve()
  const { browser, app, code } = await startSetup(site)
  await browser.post(`${SECURITY}/app`, { app, code: code(), name: 'Phone' })
  const { set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes`)).html)
  await site.deps.db.deleteFrom('authenticator_apps').execute() // by a request that arrives between the two
  expect((await browser.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set })).status).toBe(303)
  expect(await isOn(site)).toBe(false)
  expect((await site.browser().post('/login', ann)).to).toBe('/profile')
})

test('each step is in the history and reported by mail', async () => {
  const site = await createPeople(await mailSite())
  const { browser, app, code } = await startSetup(site)
  const userId = site.users.ann.id
  const added = await eventsDuring(site, () => browser.post(`${SECURITY}/app`, { app, code: code() }))
  expect(added).toContainEqual({ kind: 'factor-added', userId, factor: 'authenticator-app', factorId: ID })
  const { set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes`)).html)
  const saved = await eventsDuring(site, () => browser.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set }))
  expect(saved).toContainEqual({ kind: 'recovery-codes-created', userId })
  expect(saved).toContainEqual({ kind: 'two-step-enabled', userId })
  const { html } = await browser.get('/settings/activity')
  for (const text of [
    'An authenticator app was added.',
    'New recovery codes were created.',
    'Two-step verification was turned on.',
  ])
    expect(html).toContain(text)
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject).toSorted()).toEqual([
    'A verification method was added',
    'New recovery codes were created',
    'Two-step verification is on',
  ])
})

test('the session of the set-up gets a new token at each step', async () => {
  const site = await annAndEve()
  const { browser, app, code } = await startSetup(site)
  const tokens = [browser.jar.get('session')]
  await browser.post(`${SECURITY}/app`, { app, code: code() })
  tokens.push(browser.jar.get('session'))
  const { set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes`)).html)
  const old = browser.copy()
  await browser.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set })
  tokens.push(browser.jar.get('session'))
  expect(new Set(tokens).size).toBe(3)
  expect((await old.get('/profile')).status).toBe(303)
})

test('turning off asks first, keeps the factors, and a later turn-on needs no set-up', async () => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, { amr: ['password', 'totp'] })
  const asked = await browser.post(`${SECURITY}/two-step/off`)
  expect([asked.status, asked.html.includes('Turn off two-step verification?')]).toEqual([200, true])
  expect(await isOn(site)).toBe(true)
  const off = await browser.post(`${SECURITY}/two-step/off`, { confirmed: 'yes' })
  expect([off.status, off.to]).toEqual([303, SECURITY])
  expect(await isOn(site)).toBe(false)
  expect((await browser.get(SECURITY)).html).toContain('Two-step verification is off.')
  expect((await browser.post(`${SECURITY}/two-step/on`)).to).toBe(SECURITY)
  expect(await isOn(site)).toBe(true)
})

test('after turning off, new codes do not turn it on again', async () => {
  const site = await annWithRecoveryCodes()
  const browser = await site.as(ann, { amr: ['password', 'totp'] })
  await browser.post(`${SECURITY}/two-step/off`, { confirmed: 'yes' })
  const { set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes`)).html)
  await browser.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set })
  expect((await browser.get(SECURITY)).html).toContain('Your new recovery codes are active.')
  expect(await isOn(site)).toBe(false)
})

test('turning it off is refused under a policy, and during the hold after a recovery', async () => {
  const site = await annWithApp({ MFA: 'required' })
  const browser = await site.as(ann, { amr: ['password', 'totp'] })
  const refused = await browser.post(`${SECURITY}/two-step/off`, { confirmed: 'yes' })
  expect([refused.status, await isOn(site)]).toEqual([409, true])
  expect(refused.html).toContain('This site requires two-step verification, so you can’t turn it off.')
  const held = await annWithApp()
  await held.deps.db.updateTable('users').set({ recovered_at: held.deps.now() }).execute()
  const heldBrowser = await held.as(ann, { amr: ['password', 'totp'] })
  const answer = await heldBrowser.post(`${SECURITY}/two-step/off`, { confirmed: 'yes' })
  expect([answer.status, await isOn(held)]).toEqual([409, true])
  expect(answer.html).toContain('Not possible yet')
})
