import { expect, setDefaultTimeout, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, minutes } from '@/lib/duration'
import { changeFactors, type FactorChange } from '@/model/accounts/factors/change-factors'
import { deactivateUser, activateUser } from '@/model/accounts/deactivate'
import { revokeTrustedBrowsers } from '@/model/accounts/factors/trusted-browsers'
import { markVerified } from '@/model/accounts/verify-email'
import { countTrustedBrowsers } from '@/model/limits/known-devices'
import { changeRole } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import { user } from '../support/command-line'
import { sessionOf } from '../support/devices'
import { ID } from '../support/emitted-events'
import { codeIn, newestMail } from '../support/mailed'
import { ann, eve } from '../support/people'
import { addApp, annWithApp, turnOnTwoStep } from '../support/second-factors'
import { enterPassword, logInWithCode, SECOND_STEP } from '../support/second-step'

setDefaultTimeout(60_000)

/** Ann trusts her browser, and has logged out. */
async function annTrusting(env?: Record<string, string>) {
  const site = await annWithApp(env)
  const anns = site.browser()
  await logInWithCode(site, anns, { trust: 'yes' })
  await anns.post('/logout')
  const logIn = async (browser = anns) => (await enterPassword(browser)).to
  return { ...site, anns, logIn }
}

test('a trusted browser skips the second step for 30 days and not a millisecond longer', async () => {
  const { anns, logIn, advance } = await annTrusting()
  advance(days(30) - 60_000 - 1) // `logInWithCode` advanced the clock by a minute
  expect(await logIn()).toBe('/profile')
  await anns.post('/logout') // the login has changed the device cookie
  advance(1)
  expect(await logIn()).toBe(SECOND_STEP)
})

test('a browser that is not known any more is not trusted, however long the trust would last', async () => {
  const { logIn, advance } = await annTrusting({ TRUSTED_BROWSER_SECONDS: `${days(200) / 1000}` })
  advance(days(180))
  expect(await logIn()).toBe(SECOND_STEP)
})

test('only the choice of the user makes a browser trusted', async () => {
  for (const trust of ['', 'no', 'on', '1']) {
    const site = await annWithApp()
    const anns = site.browser()
    await logInWithCode(site, anns, { trust })
    await anns.post('/logout')
    expect((await enterPassword(anns)).to).toBe(SECOND_STEP)
  }
})

test('the choice is offered, not ticked, and kept after a wrong code', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await enterPassword(anns)
  const box = (html: string) => /<input type="checkbox" name="trust" value="yes"[^>]*>/.exec(html)?.[0] ?? ''
  const { html } = await anns.get(SECOND_STEP)
  expect(html).toContain('Don’t ask again in this browser for 30 days')
  expect(html).toContain('Only on your own device.')
  expect(box(html)).not.toContain('checked')
  expect(box((await anns.post(SECOND_STEP, { code: '000000', trust: 'yes' })).html)).toContain('checked')
})

test('a login in a trusted browser has one factor, and opens no fresh page and no admin page', async () => {
  const { anns, logIn, ...site } = await annTrusting({ SESSION_IDLE_SECONDS: '3600' })
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  expect(await logIn()).toBe('/profile')
  expect(await sessionOf(site, anns)).toMatchObject({ amr: 'password trusted-browser', second_factor_at: null })
  expect((await anns.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
  expect((await anns.get('/profile')).status).toBe(200)
})

test('the trust moves with the device cookie, and the old cookie is worth nothing', async () => {
  const { anns, logIn } = await annTrusting()
  const stolen = anns.copy()
  for (let i = 0; i < 3; i++) {
    expect(await logIn()).toBe('/profile')
    await anns.post('/logout')
  }
  expect(await logIn(stolen)).toBe(SECOND_STEP)
})

test('a second step without the choice leaves the trust as it was', async () => {
  const { anns, logIn, advance, ...site } = await annTrusting()
  await site.deps.db.updateTable('known_devices').set({ trust_version: 1 }).execute() // asks for the code once
  expect(await logIn()).toBe(SECOND_STEP)
  await anns.post(SECOND_STEP, { code: site.app.code() })
  expect(await site.deps.db.selectFrom('known_devices').select('trust_version').execute()).toEqual([
    { trust_version: 1 },
  ])
})

const changes: FactorChange[] = [
  'factor-added',
  'factor-removed',
  'codes-replaced',
  'two-step-on',
  'two-step-off',
  'factors-reset',
]

test.each(changes)('the change %s of factors ends the trust', async (change) => {
  const { logIn, deps, users } = await annTrusting()
  await inTransaction(deps, (deps) => changeFactors(deps, users.ann, change), { locks: userLocks(users.ann) })
  const devices = deps.db.selectFrom('known_devices').select(['trust_expires_at', 'trust_version'])
  expect(await devices.execute()).toEqual([{ trust_expires_at: null, trust_version: null }])
  expect(await logIn()).toBe(SECOND_STEP)
})

test('a change of factors in the database alone ends the trust', async () => {
  const { logIn, deps } = await annTrusting()
  await deps.db
    .updateTable('users')
    .set(({ eb }) => ({ factors_version: eb('factors_version', '+', 1) }))
    .execute()
  expect(await logIn()).toBe(SECOND_STEP)
})

test('a new password ends the trust', async () => {
  const { anns, ...site } = await annTrusting()
  const elsewhere = site.browser()
  await logInWithCode(site, elsewhere)
  await elsewhere.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
  expect((await anns.post('/login', { ...ann, password: 'five boxing wizards' })).to).toBe(SECOND_STEP)
})

test('a deactivation ends the trust, also after an activation', async () => {
  const { logIn, deps, users } = await annTrusting()
  await deactivateUser(deps, users.ann, 'command line')
  await activateUser(deps, users.ann, 'command line')
  expect(await logIn()).toBe(SECOND_STEP)
})

test('a change of factors between the password and the session rejects the login', async () => {
  const { anns, deps, events } = await annTrusting()
  let isChanged = false
  const { run } = deps.hashQueue
  deps.hashQueue.run = async (source, work) => {
    const result = await run(source, work)
    isChanged = true
    await deps.db
      .updateTable('users')
      .set(({ eb }) => ({ factors_version: eb('factors_version', '+', 1) }))
      .execute()
    return result
  }
  expect((await enterPassword(anns)).to).not.toBe('/profile')
  expect([isChanged, events.some(({ kind }) => kind === 'browser-trusted')]).toEqual([true, true])
  expect(anns.jar.has('session')).toBe(false)
})

test('the trusted browser of one user does not skip the second step of another', async () => {
  const { anns, ...site } = await annTrusting()
  const evesApp = await addApp(site, site.users.eve)
  await turnOnTwoStep(site, site.users.eve)
  expect((await anns.post('/login', eve)).to).toBe(SECOND_STEP)
  expect((await anns.post(SECOND_STEP, { code: evesApp.code(), trust: 'yes' })).to).toBe('/profile')
  await anns.post('/logout')
  // Both users trust it now, and each of their logins moves the cookie of both.
  for (const person of [ann, eve, ann]) {
    expect((await anns.post('/login', person)).to).toBe('/profile')
    await anns.post('/logout')
  }
})

test('with TRUSTED_BROWSER_SECONDS=0 the field is not offered and has no effect', async () => {
  const site = await annWithApp({ TRUSTED_BROWSER_SECONDS: '0' })
  const anns = site.browser()
  await enterPassword(anns)
  expect((await anns.get(SECOND_STEP)).html).not.toContain('name="trust"')
  await logInWithCode(site, anns, { trust: 'yes' })
  await anns.post('/logout')
  expect((await enterPassword(anns)).to).toBe(SECOND_STEP)
  expect(site.events.map(({ kind }) => kind)).not.toContain('browser-trusted')
  const devices = site.deps.db.selectFrom('known_devices').select(['trust_expires_at', 'trust_version'])
  expect(await devices.execute()).toEqual([{ trust_expires_at: null, trust_version: null }])
})

test('turning the setting off ends the trust of all browsers', async () => {
  const { logIn, deps, users } = await annTrusting()
  deps.config.trustedBrowser = 0
  expect(await logIn()).toBe(SECOND_STEP)
  expect(await countTrustedBrowsers(deps, users.ann)).toBe(0)
})

test('a login by a mailed code needs the second step in a trusted browser, too', async () => {
  const { anns, ...site } = await annTrusting({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  await markVerified(site.deps, site.users.ann, site.users.ann.id)
  await anns.post('/login/code/send', { email: ann.email })
  expect(await anns.post('/login/code', { code: codeIn(await newestMail(site)) })).toMatchObject({ to: SECOND_STEP })
})

test('the page of login methods counts trusted browsers, and one button ends their trust', async () => {
  const { logIn, ...site } = await annTrusting()
  const elsewhere = site.browser()
  await logInWithCode(site, elsewhere)
  const page = () => elsewhere.get('/settings/security')
  expect((await page()).html).toContain('1 trusted browser skips the second step for 30 days.')
  const other = site.browser()
  await logInWithCode(site, other, { trust: 'yes' })
  const { html } = await page()
  expect(html).toContain('2 trusted browsers skip the second step for 30 days.')
  expect(html).toContain('Ask on all browsers again')
  expect(await elsewhere.post('/settings/security/trusted-browsers/revoke')).toMatchObject({
    status: 303,
    to: '/settings/security',
  })
  const revoked = await page()
  expect(revoked.html).toContain('All browsers will ask for the second step again.')
  expect(revoked.html).not.toContain('Ask on all browsers again')
  expect(await logIn()).toBe(SECOND_STEP)
  expect((await elsewhere.get('/settings/activity')).html).toContain('All trusted browsers were removed.')
})

test('a restored session that ends the trust stops no login that waits for its second step', async () => {
  const { anns, logIn, ...site } = await annTrusting()
  const restored = await site.as(ann, { remembered: true, fresh: false })
  restored.close()
  const waiting = site.browser()
  expect((await enterPassword(waiting)).to).toBe(SECOND_STEP)
  expect((await restored.post('/settings/security/trusted-browsers/revoke')).to).toBe('/settings/security')
  expect(await sessionOf(site, restored)).toMatchObject({ amr: 'remember-me' })
  expect((await waiting.post(SECOND_STEP, { code: await site.app.code() })).to).toBe('/profile')
  expect(await logIn()).toBe(SECOND_STEP)
})

test('logging out all other devices ends the trust of other browsers, and says so', async () => {
  const { anns, logIn, ...site } = await annTrusting()
  const elsewhere = site.browser()
  await logInWithCode(site, elsewhere, { trust: 'yes' })
  await logInWithCode(site, site.browser())
  expect((await elsewhere.get('/settings/sessions/end-others')).html).toContain(
    'Other trusted browsers ask for the second step again.',
  )
  await elsewhere.post('/settings/sessions/end-others')
  expect(await logIn()).toBe(SECOND_STEP)
  await elsewhere.post('/logout')
  expect(await logIn(elsewhere)).toBe('/profile')
})

test.each(['an administrator', 'the command line'])('the end of all sessions by %s ends the trust', async (by) => {
  const { logIn, ...site } = await annTrusting()
  await changeRole(site.deps, site.users.eve, 'admin', 'command line')
  if (by === 'an administrator') await (await site.as(eve)).post(`/admin/users/${site.users.ann.id}/end-sessions`)
  else await user(site, ['end-all-sessions'])
  expect(await logIn()).toBe(SECOND_STEP)
})

test('trusting a browser at a re-login is recorded', async () => {
  const site = await annWithApp({ SESSION_MAX_SECONDS: '3600' })
  const anns = site.browser()
  await logInWithCode(site, anns)
  site.advance(minutes(60))
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe(SECOND_STEP)
  expect((await anns.post(SECOND_STEP, { code: site.app.code(), trust: 'yes' })).to).toBe('/profile')
  expect(site.events).toContainEqual({ kind: 'browser-trusted', userId: site.users.ann.id, sessionId: ID })
})

test('trusting a browser and revoking all is recorded', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await logInWithCode(site, anns, { trust: 'yes' })
  const { ann: owner } = site.users
  expect(site.events).toContainEqual({ kind: 'browser-trusted', userId: owner.id, sessionId: ID })
  expect(await countTrustedBrowsers(site.deps, owner)).toBe(1)
  const client = { fingerprint: '', userAgent: '', ip: '' }
  await revokeTrustedBrowsers(site.deps, owner, client)
  expect(site.events.at(-1)).toEqual({ kind: 'trusted-browsers-revoked', userId: owner.id })
  const changed = await findUser(site.deps, owner.id)
  expect(changed && (await countTrustedBrowsers(site.deps, changed))).toBe(0)
  expect((await anns.get('/profile')).status).toBe(200)
})
