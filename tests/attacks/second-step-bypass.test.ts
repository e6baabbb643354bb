import { expect, setDefaultTimeout, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, minutes } from '@/lib/duration'
import { changePassword } from '@/model/accounts/change-password'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { markVerified } from '@/model/accounts/verify-email'
import { assuranceLevelOf, parseAmr } from '@/model/factors/assurance'
import { createChallenge, stepUpBinding } from '@/model/passkeys/challenges'
import { endSessionsOf } from '@/model/sessions/end-all'
import { scopes } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import type { LoginOptions } from '@/http/types/log-in'
import { Browser } from '../support/browser'
import { sessionOf } from '../support/devices'
import { codeIn, linkIn, newestMail } from '../support/mailed'
import { addPasskey, logInWithPasskey } from '../support/passkeys'
import { ann, annAndEve, eve, passwordHashOf } from '../support/people'
import { addApp, addCodes, annWithApp, turnOnTwoStep } from '../support/second-factors'
import { annPending, enterPassword, isLoggedIn, logInWithCode, SECOND_STEP, WRONG_CODE } from '../support/second-step'
import { makeToken } from '../support/tokens'

setDefaultTimeout(60_000)

const ENV = { MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on', SESSION_IDLE_SECONDS: '3600' }
const NEW_PASSWORD = 'five boxing wizards'

/** Ann has two-step verification and each kind of factor. `POST /probe-login` calls `logIn` with options. */
async function protectedSite() {
  const site = await annAndEve(ENV)
  const { deps } = site
  await markVerified(deps, site.users.ann, site.users.ann.id)
  const remembered = await site.as(ann, { remembered: true })
  const stale = await site.as(ann, { fresh: false })
  const key = await addPasskey(site, site.users.ann, { uv: false })
  const phone = await addApp(site, site.users.ann)
  const codes = await addCodes(site, site.users.ann)
  await inTransaction(
    deps,
    (deps) =>
      deps.db
        .updateTable('users')
        .set({ two_step_enabled_at: deps.now() })
        .where('id', '=', site.users.ann.id)
        .execute(),
    { locks: [] },
  )
  const body = t.Object({ options: t.String() })
  site.app.use(
    new Elysia({ prefix: '/probe-login' }).use(site.guards.anyone).post(
      '/',
      async ({ body, logIn, reply }) => {
        const user = await findUser(deps, site.users.ann.id)
        const options: LoginOptions = JSON.parse(body.options)
        return reply.text(user ? (await logIn(user, options)).kind : 'gone')
      },
      { body },
    ),
  )
  return { ...site, remembered, stale, key, phone, codes }
}

type Protected = Awaited<ReturnType<typeof protectedSite>>

/** The highest assurance level of all sessions of Ann. */
async function levelOfSessions({ deps, users }: Pick<Protected, 'deps' | 'users'>) {
  const sessions = deps.db.selectFrom('sessions').select('amr').where('user_id', '=', users.ann.id)
  return Math.max(0, ...(await sessions.execute()).map((session) => assuranceLevelOf(parseAmr(session))))
}

const probeLogin = (browser: Browser, options: LoginOptions) =>
  browser.post('/probe-login', { options: JSON.stringify(options) })

/** Returns the browser that acted, if it is not the given one. */
type Way = (site: Protected, browser: Browser) => Promise<unknown>

/** Ann's address is not confirmed, and the site wants it to be. */
async function withoutConfirmation({ deps }: Protected) {
  deps.config.emailVerification = 'required'
  await deps.db.updateTable('users').set({ email_verified_at: null }).execute()
}

const ways: Record<string, Way> = {
  'the login': (_, browser) => enterPassword(browser),
  'the login with htmx': (_, browser) => browser.postHtmx('/login', ann),
  'the login that is remembered': (_, browser) => enterPassword(browser, { remember: 'yes' }),
  'a passkey that did not verify the user': (site, browser) => logInWithPasskey(browser, site.key),
  'a mailed code': async (site, browser) => {
    await browser.post('/login/code/send', { email: ann.email })
    await browser.post('/login/code', { code: codeIn(await newestMail(site)) })
  },
  'a mailed link': async (site, browser) => {
    await browser.post('/login/code/send', { email: ann.email })
    await browser.get(linkIn(await newestMail(site)))
    await browser.post('/login/code')
  },
  'a remember cookie': async ({ remembered }) => {
    remembered.close()
    await remembered.get('/profile')
    await remembered.post('/relogin', { password: ann.password })
    return remembered
  },
  'a remember cookie and a code': async ({ remembered, phone }) => {
    remembered.close()
    await remembered.get('/profile')
    await remembered.post('/relogin/code', { code: phone.code() })
    return remembered
  },
  'a code without a first factor': async ({ phone }, browser) => {
    await browser.post(SECOND_STEP, { code: phone.code() })
    await browser.post('/relogin/code', { code: phone.code() })
  },
  'the password at the re-login of an active session': async ({ stale }) => {
    await stale.post('/relogin', { password: ann.password })
    return stale
  },
  'a security key at the re-login': async ({ deps, stale, key }) => {
    const session = await sessionOf({ deps }, stale)
    const challenge = createChallenge(deps, 'step-up', stepUpBinding(session))
    await stale.post('/relogin/passkey', { assertion: key.get({ challenge, rpId: 'localhost' }) })
    return stale
  },
  'the password at the re-login of an ended session': async ({ deps, users, stale }) => {
    await inTransaction(deps, (deps) => endSessionsOf(deps, users.ann, 'revoked'), { locks: userLocks(users.ann) })
    await stale.post('/relogin', { password: ann.password })
    await stale.post('/resume')
    return stale
  },
  'the password at the re-login of an expired session': async ({ advance, stale }) => {
    advance(minutes(60))
    await stale.post('/relogin', { password: ann.password })
    return stale
  },
  'a reset of the password': async (site, browser) => {
    await browser.post('/forgot-password', { email: ann.email })
    await browser.get(linkIn(await newestMail(site)))
    await browser.post('/reset-password/second-step/skip')
    await browser.post('/reset-password', { new_password: NEW_PASSWORD })
    await browser.post('/login', { ...ann, password: NEW_PASSWORD })
  },
  'a sign-up with the address': async (_, browser) => {
    await browser.post('/signup', { ...ann, password: NEW_PASSWORD })
    await enterPassword(browser)
  },
  'a confirmed address': async (site, browser) => {
    await withoutConfirmation(site)
    await enterPassword(browser)
    await browser.post('/verify-email/resend') // the mail follows the second step
    await browser.post('/verify-email', { code: '12345678' })
  },
  'the link that confirms an address': async (site, browser) => {
    await withoutConfirmation(site)
    const anns = await site.as(ann, { amr: ['password', 'totp'] })
    await anns.post('/settings/email/send')
    await enterPassword(browser)
    await browser.get(linkIn(await newestMail(site)))
    await browser.post('/verify-email', { password: ann.password })
    await site.deps.db.deleteFrom('sessions').execute() // that of the request had two factors
  },
  'a changed address': async (site, browser) => {
    const anns = await site.as(ann, { amr: ['password', 'totp'] })
    await anns.post('/settings/email', { email: 'moved@example.test' })
    await browser.get(linkIn(await newestMail(site)))
    await browser.post('/verify-email', { password: ann.password })
    await site.deps.db.deleteFrom('sessions').execute() // that of the request had two factors
  },
  'a restored account': async ({ deps, users }, browser) => {
    await requestDeletion(deps, users.ann, { by: users.ann.id })
    await enterPassword(browser)
    await browser.post('/restore-account', { choice: 'keep' })
  },
  'an API token': async ({ deps, users }, browser) => {
    const { text } = await makeToken(deps, users.ann, { name: 'x', scopes, lifetime: days(1) })
    await browser.get('/api/me', { authorization: `Bearer ${text}` })
  },
  'logIn after another site': (_, browser) => probeLogin(browser, { method: 'external', provider: 'example' }),
  'logIn with a password': (_, browser) => probeLogin(browser, { method: 'password', remember: true }),
  'logIn with force': (_, browser) => probeLogin(browser, { method: 'password', force: true }),
  'logIn with force of a deactivated account': async ({ deps, users }, browser) => {
    await deactivateUser(deps, users.ann, 'command line')
    await probeLogin(browser, { method: 'password', force: true })
  },
}

test.each(Object.entries(ways))('without a second factor, %s gives no session of two factors', async (_, way) => {
  const site = await protectedSite()
  const browser = site.browser()
  const acted = await way(site, browser)
  expect(await levelOfSessions(site)).toBeLessThan(2)
  expect(await isLoggedIn(browser)).toBe(false)
  for (const path of ['/session', '/session/stream', '/resume', '/settings/password'])
    expect((await browser.get(path)).status).not.toBe(200)
  // A session that had one factor before stays, and opens nothing that needs two.
  if (acted instanceof Browser) expect(await acted.get('/settings/password')).toMatchObject({ status: 303 })
})

test('a pending login asks for the second factor after each of these ways', async () => {
  for (const name of [
    'the login',
    'a mailed code',
    'logIn with force',
    'a restored account',
    'a reset of the password',
    'the link that confirms an address',
  ]) {
    const site = await protectedSite()
    const browser = site.browser()
    await ways[name]?.(site, browser)
    expect([name, (await browser.get(SECOND_STEP)).status]).toEqual([name, 200])
    expect((await browser.post(SECOND_STEP, { code: site.phone.code() })).status).toBe(303)
    expect([name, await isLoggedIn(browser), await levelOfSessions(site)]).toEqual([name, true, 2])
  }
})

test('the cookie of a pending login is no session, device or remembered device, and the reverse', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await logInWithCode(site, anns, { trust: 'yes' })
  const [session = '', device = ''] = [anns.jar.get('session'), anns.jar.get('device')]
  const pending = site.browser()
  await enterPassword(pending)
  const value = pending.jar.get('pending') ?? ''
  for (const name of ['session', 'remember', 'saved', 'one-time', 'flow']) {
    const browser = site.browser()
    browser.keep(name, value)
    expect([name, await isLoggedIn(browser)]).toEqual([name, false])
  }
  const asDevice = site.browser()
  asDevice.keep('device', value)
  expect((await enterPassword(asDevice)).to).toBe(SECOND_STEP)
  for (const other of [session, device]) {
    const browser = site.browser()
    browser.keep('pending', other)
    expect((await browser.get(SECOND_STEP)).to).toBe('/login')
  }
})

test('invented values of the cookie lead to the login', async () => {
  const site = await annWithApp()
  for (const value of ['A'.repeat(43), 'x', "' or 1=1--", 'A'.repeat(5000), '%00']) {
    const browser = site.browser()
    browser.keep('pending', value)
    expect((await browser.post(SECOND_STEP, { code: site.app.code() })).to).toBe('/login')
  }
})

test('factors of one user do not complete the pending login of another', async () => {
  const { send, ...site } = await annPending()
  const evesApp = await addApp(site, site.users.eve)
  const [evesCode = ''] = await addCodes(site, site.users.eve)
  await turnOnTwoStep(site, site.users.eve)
  expect((await send({ code: evesApp.code() })).status).toBe(422)
  expect((await send({ recovery_code: evesCode })).status).toBe(422)
  const eves = site.browser()
  await eves.post('/login', eve)
  expect((await eves.post(SECOND_STEP, { recovery_code: evesCode })).to).toBe('/profile') // it is not used up
})

test('no field or query chooses another user or skips the check', async () => {
  const { anns, users } = await annPending()
  const fields = {
    code: WRONG_CODE,
    user: users.eve.id,
    user_id: users.eve.id,
    email: eve.email,
    amr: 'passkey',
    method: 'passkey',
  }
  expect((await anns.post(`${SECOND_STEP}?user_id=${users.eve.id}`, fields)).status).toBe(422)
  expect(await isLoggedIn(anns)).toBe(false)
})

test('other spellings of the path meet the same limits', async () => {
  const site = await annWithApp()
  site.deps.config.limits.codes.max = 3
  for (const path of [
    '//login/second-step',
    '/login/second-step/',
    '/login%2fsecond-step',
    '/LOGIN/second-step',
    '/login/./second-step',
    '/login/x/../second-step',
  ]) {
    const anns = site.browser()
    await enterPassword(anns)
    const answers = []
    for (let i = 0; i < 7; i++) answers.push(await anns.post(path, { code: WRONG_CODE }))
    for (const { status, to, set } of answers) {
      expect([path, [303, 404, 422, 429].includes(status), to ?? '/login']).toEqual([path, true, '/login'])
      expect(set.some((line) => line.startsWith('session='))).toBe(false)
    }
    expect(answers.filter(({ status }) => status === 422).length).toBeLessThanOrEqual(4)
  }
})

test('a change of the password and a second step at once leave no session of the old password', async () => {
  const { deps, users, app, browser, advance } = await annWithApp()
  const { id } = users.ann
  const password_hash = await passwordHashOf({ deps })
  for (let turns = 0; turns < 50; turns++) {
    const anns = browser()
    expect((await enterPassword(anns)).to).toBe(SECOND_STEP)
    const user = await findUser(deps, id)
    if (!user) throw new Error('ann is gone')
    const wait = async () => {
      for (let i = 0; i < turns; i++) await Promise.resolve()
    }
    await Promise.all([
      anns.post(SECOND_STEP, { code: app.code() }),
      wait().then(() =>
        inTransaction(deps, (deps) => changePassword(deps, user, 'x', 'command line'), { locks: userLocks(user) }),
      ),
    ])
    const alive = deps.db.selectFrom('sessions').selectAll().where('ended_at', 'is', null)
    expect([turns, await alive.execute()]).toEqual([turns, []])
    await deps.db.updateTable('users').set({ password_hash }).where('id', '=', id).execute()
    advance(minutes(1)) // to the next code
  }
})

test('20 pending logins of unknown browsers do not stop the user in a known device', async () => {
  const site = await annWithApp({ TRUST_PROXY: '1' })
  const anns = site.browser()
  await logInWithCode(site, anns)
  await anns.post('/logout')
  const from = (n: number) => ({ 'x-forwarded-for': `203.0.113.${n % 4}` })
  for (let i = 0; i < 20; i++) {
    const attacker = site.browser('Attacker')
    expect((await attacker.post('/login', ann, from(i))).to).toBe(SECOND_STEP)
  }
  const unknown = await site.browser().post('/login', ann, from(0))
  expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([429, '300'])
  expect((await logInWithCode(site, anns)).to).toBe('/profile')
  const rows = await site.deps.db.selectFrom('pending_logins').selectAll().execute()
  expect(rows).toHaveLength(19)
  expect(site.events).toContainEqual({ kind: 'second-step-abandoned', userId: site.users.ann.id })
})

test('one source begins at most 20 logins that it does not complete in ten minutes', async () => {
  const site = await annWithApp({ TRUST_PROXY: '1' })
  const from = { 'x-forwarded-for': '203.0.113.7' }
  const attacker = site.browser('Attacker')
  const begin = async () => (await attacker.post('/login', ann, from)).status
  for (let i = 0; i < 20; i++) expect(await begin()).toBe(303) // each replaces the one before
  expect(await begin()).toBe(429)
  site.advance(minutes(10))
  expect(await begin()).toBe(303)
})

test('a completed login does not count into the limit of its source', async () => {
  const site = await annWithApp({ TRUST_PROXY: '1' })
  site.deps.config.limits.login.source = [{ max: 3, window: days(1) }]
  const from = { 'x-forwarded-for': '203.0.113.7' }
  for (let i = 0; i < 5; i++) {
    const anns = site.browser()
    expect((await anns.post('/login', ann, from)).to).toBe(SECOND_STEP)
    expect((await anns.post(SECOND_STEP, { code: site.app.code() }, from)).to).toBe('/profile')
    site.advance(30_000)
  }
})
