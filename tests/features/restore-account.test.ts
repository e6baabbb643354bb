import { expect, setDefaultTimeout, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, minutes } from '@/lib/duration'
import { changePassword } from '@/model/accounts/change-password'
import { deactivateUser } from '@/model/accounts/deactivate'
import { cancelDeletion, requestDeletion } from '@/model/accounts/request-deletion'
import { endExpiredSteps } from '@/model/accounts/factors/second-step'
import { markVerified } from '@/model/accounts/verify-email'
import type { Browser } from '../support/browser'
import { codeIn, newestMail } from '../support/mailed'
import { addPasskey, assertionFor, logInWithPasskey } from '../support/passkeys'
import { passkeyOptions } from '../support/authenticator'
import { ann, annAndEve, eve } from '../support/people'
import { annWithApp, annWithRecoveryCodes, turnOnTwoStep } from '../support/second-factors'
import { enterPassword, isLoggedIn, SECOND_STEP, WRONG_CODE } from '../support/second-step'
import type { Site } from '../support/site'

setDefaultTimeout(60_000)

const GRACE = days(14)
const PATH = '/restore-account'
const KEPT = 'Your account will not be deleted.'

type People = Awaited<ReturnType<typeof annAndEve>>

const keep = (browser: Browser, fields: Record<string, string> = {}) =>
  browser.post(PATH, { choice: 'keep', ...fields })

const isScheduled = async ({ deps, users }: Pick<People, 'deps' | 'users'>) => {
  const user = deps.db.selectFrom('users').select('deletion_at').where('id', '=', users.ann.id)
  return (await user.executeTakeFirst())?.deletion_at !== null
}

const kindsOf = ({ events }: Pick<Site, 'events'>) => events.map(({ kind }) => kind)

const sessionsOf = ({ deps }: Pick<Site, 'deps'>) => deps.db.selectFrom('sessions').selectAll().execute()

/** Ann has two-step verification and is scheduled for deletion. */
async function annScheduled(env?: Record<string, string>) {
  const site = await annWithRecoveryCodes(env)
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
  site.events.length = 0
  return site
}

/** `anns` has typed the password and chosen to keep the account. */
async function annKeeps(env?: Record<string, string>) {
  const site = await annScheduled(env)
  const anns = site.browser()
  expect((await enterPassword(anns)).to).toBe(PATH)
  const choice = await keep(anns)
  const send = (fields: Record<string, string> = { code: site.app.code() }) => anns.post(SECOND_STEP, fields)
  return { ...site, anns, choice, send }
}

test('with two-step verification, the password and the choice cancel no deletion', async () => {
  const site = await annScheduled({ MAIL_URL: 'mailbox:' })
  await site.deliverMail()
  const mails = site.mailbox.mails.length
  site.events.length = 0
  const anns = site.browser()
  await enterPassword(anns, { next: '/dashboard' })
  const choice = await keep(anns, { next: '/dashboard' })
  expect(choice).toMatchObject({ status: 303, to: `${SECOND_STEP}?next=%2Fdashboard` })
  expect([...anns.jar.keys()]).toEqual(['pending'])
  expect([await isScheduled(site), await isLoggedIn(anns), await sessionsOf(site)]).toEqual([true, false, []])
  expect(kindsOf(site)).toEqual(['second-step-required'])
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(mails)
  const { html } = await anns.get('/login?next=/dashboard').then(({ to }) => anns.get(to ?? ''))
  expect(html).toContain('Complete this step to keep your account.')
  expect(html).not.toContain(KEPT)
})

test('the second step cancels the deletion and logs in', async () => {
  const site = await annKeeps({ MAIL_URL: 'mailbox:' })
  const done = await site.send({ code: site.app.code(), next: '/dashboard' })
  expect(done).toMatchObject({ status: 303, to: '/dashboard' })
  expect([await isScheduled(site), await isLoggedIn(site.anns)]).toEqual([false, true])
  expect((await site.anns.get('/dashboard')).html).toContain(KEPT)
  expect((await site.anns.get('/settings/password')).status).toBe(200) // both factors were shown just now
  expect(site.events.filter(({ kind }) => kind === 'deletion-cancelled')).toEqual([
    { kind: 'deletion-cancelled', userId: site.users.ann.id, by: site.users.ann.id },
  ])
  expect((await newestMail(site)).subject).toBe('Your account will not be deleted')
})

test('a recovery code keeps the account, also with htmx', async () => {
  const site = await annScheduled()
  const anns = site.browser()
  await anns.postHtmx('/login', ann)
  expect(await anns.postHtmx(PATH, { choice: 'keep' })).toMatchObject({ status: 204, to: SECOND_STEP })
  expect(await anns.postHtmx(SECOND_STEP, { recovery_code: site.codes[0] ?? '' })).toMatchObject({ status: 204 })
  expect([await isScheduled(site), await isLoggedIn(anns)]).toEqual([false, true])
})

test('a wrong code leaves the deletion, and the fifth one ends the login', async () => {
  const site = await annKeeps()
  for (let i = 1; i <= 5; i++) expect((await site.send({ code: WRONG_CODE })).status).toBe(i < 5 ? 422 : 303)
  expect((await site.send()).to).toBe('/login')
  expect([await isScheduled(site), await sessionsOf(site)]).toEqual([true, []])
  expect(kindsOf(site)).not.toContain('deletion-cancelled')
})

test('a login that expired or was stopped leaves the deletion', async () => {
  for (const [end, isKept] of [
    [(site) => Promise.resolve(site.advance(minutes(5) - 1)), true],
    [(site) => Promise.resolve(site.advance(minutes(5))), false],
    [(site) => site.anns.post(`${SECOND_STEP}/stop`), false],
  ] as [(site: Awaited<ReturnType<typeof annKeeps>>) => Promise<unknown>, boolean][]) {
    const site = await annKeeps()
    await end(site)
    expect((await site.send()).to).toBe(isKept ? '/profile' : '/login')
    expect([await isScheduled(site), await isLoggedIn(site.anns)]).toEqual([!isKept, isKept])
  }
})

test('an unfinished second step is reported as at every login', async () => {
  const site = await annKeeps()
  site.advance(minutes(5))
  await endExpiredSteps(site.deps, 10)
  expect(site.events).toContainEqual({ kind: 'second-step-abandoned', userId: site.users.ann.id })
})

test('after the deletion date neither the choice nor the second step keeps the account', async () => {
  const site = await annScheduled()
  site.advance(GRACE - 2)
  const [anns, late] = [site.browser(), site.browser()]
  for (const browser of [anns, late]) await enterPassword(browser)
  await keep(anns)
  site.advance(1)
  expect((await anns.get(SECOND_STEP)).status).toBe(200)
  site.advance(1)
  expect((await keep(late)).status).toBe(410)
  expect((await anns.post(SECOND_STEP, { code: site.app.code() })).to).toBe('/login')
  expect([await isScheduled(site), await sessionsOf(site)]).toEqual([true, []])
})

test('a change of the account ends the login that would keep it', async () => {
  const changes: ((site: Awaited<ReturnType<typeof annKeeps>>) => Promise<unknown>)[] = [
    ({ deps, users }) =>
      inTransaction(deps, (deps) => changePassword(deps, users.ann, 'x', 'command line'), {
        locks: userLocks(users.ann),
      }),
    ({ deps, users }) => deactivateUser(deps, users.ann, 'command line'),
    ({ deps, users }) => cancelDeletion(deps, users.ann, 'command line'),
    // A later request must not be cancelled.
    async ({ deps, users }) => {
      await cancelDeletion(deps, users.ann, 'command line')
      await requestDeletion(deps, users.ann, { by: 'command line' })
    },
  ]
  for (const change of changes) {
    const site = await annKeeps()
    await change(site)
    const before = await isScheduled(site)
    expect((await site.send()).to).toBe('/login')
    expect([await isScheduled(site), await sessionsOf(site)]).toEqual([before, []])
  }
})

test('an ordinary pending login does not cancel a deletion', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await enterPassword(anns)
  await site.deps.db
    .updateTable('users')
    .set({ deletion_at: site.deps.now() + GRACE })
    .where('id', '=', site.users.ann.id)
    .execute()
  expect((await anns.post(SECOND_STEP, { code: site.app.code() })).to).toBe('/login')
  expect(await isScheduled(site)).toBe(true)
})

test('of parallel choices one begins a second step, and of parallel second steps one keeps the account', async () => {
  const site = await annScheduled()
  const anns = site.browser()
  await enterPassword(anns)
  const copies = Array.from({ length: 20 }, () => anns.copy())
  const choices = await Promise.all(copies.map((copy) => keep(copy)))
  expect(choices.map(({ status }) => status).toSorted()).toEqual([303, ...Array(19).fill(410)])
  const chosen = copies.find(({ jar }) => jar.has('pending')) ?? anns
  const other = site.browser()
  await enterPassword(other)
  await keep(other)
  const sends = [
    ...Array.from({ length: 10 }, () => chosen.copy().post(SECOND_STEP, { code: site.app.code() })),
    other.post(SECOND_STEP, { code: site.app.code(1) }),
  ]
  const answers = await Promise.all(sends)
  expect(answers.filter(({ set }) => set.some((line) => line.startsWith('session=')))).toHaveLength(1)
  expect(await sessionsOf(site)).toHaveLength(1)
  expect(kindsOf(site).filter((kind) => kind === 'deletion-cancelled')).toHaveLength(1)
})

test('"Delete it as planned" asks for no second step', async () => {
  const site = await annScheduled()
  const anns = site.browser()
  await enterPassword(anns)
  expect(await anns.post(PATH, { choice: 'delete' })).toMatchObject({ status: 303, to: '/' })
  expect([await isScheduled(site), kindsOf(site)]).toEqual([true, []])
})

test('a mailed code is one factor, so the second step follows', async () => {
  const site = await annScheduled({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  await markVerified(site.deps, site.users.ann, 'command line')
  const anns = site.browser()
  await anns.post('/login/code/send', { email: ann.email })
  expect((await anns.post('/login/code', { code: codeIn(await newestMail(site)) })).to).toBe(PATH)
  expect((await keep(anns)).to).toBe(SECOND_STEP)
  expect(await isScheduled(site)).toBe(true)
  expect((await anns.post(SECOND_STEP, { code: site.app.code() })).to).toBe('/profile')
  expect(await isScheduled(site)).toBe(false)
  expect(await sessionsOf(site)).toMatchObject([{ amr: 'email-code totp' }])
})

/** Ann has a passkey and two-step verification, and is scheduled for deletion. */
async function annScheduledWithPasskey() {
  const site = await annAndEve()
  const passkey = await addPasskey(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
  return { ...site, passkey }
}

test('a login by passkey is both factors, so it keeps the account without another step', async () => {
  const { passkey, ...site } = await annScheduledWithPasskey()
  const anns = site.browser()
  expect((await logInWithPasskey(anns, passkey)).to).toBe(PATH)
  expect(await isScheduled(site)).toBe(true)
  expect(await keep(anns, { next: '/dashboard' })).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await anns.get('/dashboard')).html).toContain(KEPT)
  expect([await isScheduled(site), await isLoggedIn(anns)]).toEqual([false, true])
  expect(await sessionsOf(site)).toMatchObject([{ amr: 'passkey', passkey_id: passkey.id }])
})

test('a passkey that was removed or blocked before the choice keeps nothing', async () => {
  const changes: ((site: Awaited<ReturnType<typeof annScheduledWithPasskey>>) => Promise<unknown>)[] = [
    ({ deps }) => deps.db.deleteFrom('passkeys').execute(),
    ({ deps }) => deps.db.updateTable('passkeys').set({ flagged_at: deps.now() }).execute(),
  ]
  for (const change of changes) {
    const site = await annScheduledWithPasskey()
    const anns = site.browser()
    await logInWithPasskey(anns, site.passkey)
    await change(site)
    expect((await keep(anns)).status).toBe(410)
    expect([await isScheduled(site), await sessionsOf(site)]).toEqual([true, []])
  }
})

test('a passkey after the password keeps the account at the second step', async () => {
  const { passkey, ...site } = await annScheduledWithPasskey()
  const anns = site.browser()
  await enterPassword(anns)
  expect((await keep(anns)).to).toBe(SECOND_STEP)
  const foreign = await assertionFor(site.browser(), passkey)
  expect((await anns.post(`${SECOND_STEP}/passkey`, { assertion: foreign })).status).toBe(422)
  expect(await isScheduled(site)).toBe(true)
  const assertion = passkey.get(passkeyOptions((await anns.get(SECOND_STEP)).html))
  expect(await anns.post(`${SECOND_STEP}/passkey`, { assertion })).toMatchObject({ status: 303, to: '/profile' })
  expect((await anns.get('/profile')).html).toContain(KEPT)
  expect(await isScheduled(site)).toBe(false)
})

test('an account without two-step verification is kept by the choice, as before', async () => {
  const site = await annScheduled()
  await requestDeletion(site.deps, site.users.eve, { by: site.users.eve.id })
  const eves = site.browser()
  expect((await eves.post('/login', eve)).to).toBe(PATH)
  const kept = await keep(eves)
  expect([kept.status, kept.to]).toEqual([303, '/profile'])
  expect([...eves.jar.keys()].toSorted()).toEqual(['device', 'flash', 'session'])
  expect((await eves.get('/profile')).html).toContain(KEPT)
  expect(await sessionsOf(site)).toMatchObject([{ user_id: site.users.eve.id, amr: 'password' }])
  expect(await isScheduled(site)).toBe(true) // Ann's
})

test('an address that must be confirmed starts no session, and the account is kept', async () => {
  const site = await annKeeps({ MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required' })
  expect(await site.send()).toMatchObject({ status: 303, to: '/verify-email' })
  expect([...site.anns.jar.keys()].toSorted()).toEqual(['flash', 'flow'])
  expect((await site.anns.get('/verify-email')).html).toContain(KEPT)
  expect([await isScheduled(site), await sessionsOf(site)]).toEqual([false, []])
})

test('at the limit of logins that wait, the choice changes nothing and can be made later', async () => {
  const site = await annScheduled()
  site.deps.config.rowCaps.perUser.pendingLogins = 1
  const [first, second] = [site.browser(), site.browser()]
  for (const browser of [first, second]) await enterPassword(browser)
  await keep(first)
  const { status, headers, html } = await keep(second)
  expect([status, headers.get('retry-after')]).toEqual([429, '300'])
  expect(html).toContain('Too many attempts. Wait 5 minutes, then try again.')
  site.advance(minutes(5))
  expect((await keep(second)).to).toBe(SECOND_STEP)
})

test('the right password clears no wrong ones before the whole login', async () => {
  const { deps, ...site } = await annScheduled()
  const count = async () => (await deps.db.selectFrom('login_failures').select('count').executeTakeFirst())?.count
  const anns = site.browser()
  for (let i = 0; i < 3; i++) await anns.post('/login', { ...ann, password: 'wrong' })
  await enterPassword(anns)
  expect(await count()).toBe(3)
  await keep(anns)
  await anns.post(SECOND_STEP, { code: site.app.code() })
  expect(await count()).toBeUndefined()
})

test('one source types the password of such an account at most 20 times in ten minutes', async () => {
  const site = await annScheduled({ TRUST_PROXY: '1' })
  const from = { 'x-forwarded-for': '203.0.113.7' }
  const type = async () => (await site.browser().post('/login', ann, from)).status
  for (let i = 0; i < 20; i++) expect(await type()).toBe(303)
  expect(await type()).toBe(429)
})

test('lost factors cannot be reset while the account is scheduled for deletion', async () => {
  const { anns, ...site } = await annKeeps({ MAIL_URL: 'mailbox:' })
  expect((await anns.get(`${SECOND_STEP}/lost`)).html).not.toContain('<button type="submit">Continue')
  expect((await anns.post(`${SECOND_STEP}/lost`)).status).toBe(409)
  expect(await site.deps.db.selectFrom('factor_resets').selectAll().execute()).toEqual([])
})
