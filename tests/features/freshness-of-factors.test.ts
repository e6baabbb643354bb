import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { hours, minutes, seconds } from '@/lib/duration'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { changeFactors } from '@/model/accounts/factors/change-factors'
import { resetFactors } from '@/model/accounts/factors/reset-factors'
import { revokeAccess } from '@/model/accounts/revoke-access'
import { endSessionsOf } from '@/model/sessions/end-all'
import type { EndReason, User } from '@/model/types'
import type { Browser } from '../support/browser'
import { annWithPasskey, logInWithPasskey } from '../support/passkeys'
import { ann, annAndEve } from '../support/people'
import { addApp, annWithApp, annWithRecoveryCodes, turnOnTwoStep } from '../support/second-factors'
import type { Site } from '../support/site'

const STEP = '/login/second-step'
const LONG = { SESSION_IDLE_SECONDS: '3600' }

type Story = Pick<Site, 'deps' | 'advance' | 'browser'> & { app: { code(steps?: number): string } }

/** Ann has logged in with her password and a code. */
async function withTwoFactors<T extends Story>(site: T, fields: Record<string, string> = {}) {
  const anns = site.browser()
  await anns.post('/login', { ...ann, ...fields })
  expect(await anns.post(STEP, { code: site.app.code() })).toMatchObject({ to: '/profile' })
  await anns.get('/probe') // consumes the flash message
  const sessions = site.deps.db.selectFrom('sessions').selectAll().where('ended_at', 'is', null)
  return {
    ...site,
    anns,
    currentSession: () => sessions.orderBy('created_at', 'desc').executeTakeFirstOrThrow(),
    isFresh: () => isFresh(anns),
    /** Each code works once. */
    nextCode() {
      site.advance(seconds(30))
      return site.app.code()
    },
  }
}

const annWithTwoFactors = async (env?: Record<string, string>, fields?: Record<string, string>) =>
  withTwoFactors(await annWithApp(env), fields)

const isFresh = async (browser: Browser) => (await browser.get('/settings/password')).status === 200

/** The fields that the re-login page asks for. */
const fieldsOf = ({ html }: { html: string }) =>
  [...html.matchAll(/<input [^>]*name="(password|code|recovery_code)"/g)].map(([, name]) => name)

/** As above, with a page that tells what a handler knows. */
async function annOfLevels(fields?: Record<string, string>) {
  const site = await annAndEve(LONG)
  const level = new Elysia()
    .use(site.guards.anyone)
    .get('/level', async ({ aal, amr, factors, reply }) =>
      reply.text(`${aal}: ${amr.join(' ')}, apps: ${(await factors()).apps}`),
    )
  site.app.use(level)
  const app = await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  return withTwoFactors({ ...site, app }, fields)
}

test('a login with a password and a code is fresh for five minutes', async () => {
  const { anns, isFresh, advance, currentSession } = await annWithTwoFactors(LONG)
  expect((await currentSession()).amr).toBe('password totp')
  advance(minutes(5) - 1)
  expect(await isFresh()).toBe(true)
  advance(1)
  expect(await isFresh()).toBe(false)
  expect((await anns.get('/profile')).status).toBe(200)
})

test('a stale session asks for a code and not for the password, and the code keeps the absolute limit', async () => {
  const { anns, isFresh, advance, currentSession, nextCode, events } = await annWithTwoFactors(LONG)
  advance(minutes(5))
  const before = await currentSession()
  const page = await anns.get('/relogin?next=/settings')
  expect(fieldsOf(page)).toEqual(['code'])
  expect(page.html).toContain('<h1>Confirm that it’s you</h1>')
  const stale = anns.copy()
  expect(await anns.post('/relogin/code', { code: nextCode(), next: '/settings' })).toMatchObject({
    status: 303,
    to: '/settings',
  })
  expect((await anns.get('/probe')).html).toContain('Logged in successfully.')
  const after = await currentSession()
  expect(after).toMatchObject({ id: before.id, authenticated_at: before.authenticated_at, amr: 'password totp' })
  expect(after.token_hash).not.toBe(before.token_hash)
  expect(after.second_factor_at).toBe(after.reauthenticated_at)
  expect(await isFresh()).toBe(true)
  expect((await stale.get('/profile')).status).toBe(303)
  expect(events.findLast(({ kind }) => kind === 'reauthenticated')).toMatchObject({ amr: 'password totp' })
})

test('a code that was used at the login is refused at the re-login, with and without htmx', async () => {
  const { anns, app, advance, currentSession } = await annWithTwoFactors(LONG)
  advance(minutes(5))
  const code = app.code()
  const used = await anns.post('/relogin/code', { code })
  expect(used.status).toBe(303)
  advance(minutes(5))
  const { token_hash, second_factor_at } = await currentSession()
  for (const post of [anns.post.bind(anns), anns.postHtmx.bind(anns)]) {
    const { status, html } = await post('/relogin/code', { code })
    expect(status).toBe(422)
    expect(html).toContain(
      '<small id="code-error" class="field-error">That code isn’t right or was already used. Enter the code your app shows now.</small>',
    )
  }
  expect(await currentSession()).toMatchObject({ token_hash, second_factor_at })
})

test('a recovery code confirms a session, is used up by it, and the next page says how many are left', async () => {
  const site = await annWithRecoveryCodes(LONG)
  const { anns, advance, isFresh } = await withTwoFactors(site)
  advance(minutes(5))
  const page = await anns.get('/relogin')
  expect(fieldsOf(page)).toEqual(['code', 'recovery_code'])
  expect(page.html).toContain('Each recovery code works once.')
  const [recovery_code = ''] = site.codes
  expect(await anns.post('/relogin/code', { recovery_code })).toMatchObject({ to: '/profile' })
  expect((await anns.get('/probe')).html).toContain('Recovery code used. You have 9 left.')
  expect(await isFresh()).toBe(true)
  advance(minutes(5))
  const again = await anns.post('/relogin/code', { recovery_code })
  expect([again.status, again.html.includes('That recovery code isn’t right or was already used.')]).toEqual([
    422,
    true,
  ])
})

test('the password alone does not make a stale session fresh: it begins the second step, which continues the session', async () => {
  const { anns, advance, currentSession, nextCode, isFresh } = await annWithTwoFactors(LONG)
  advance(minutes(6))
  const before = await currentSession()
  expect(await anns.post('/relogin', { password: ann.password, next: '/settings' })).toMatchObject({
    status: 303,
    to: `${STEP}?next=%2Fsettings`,
  })
  expect(await currentSession()).toMatchObject({
    token_hash: before.token_hash,
    authenticated_at: before.authenticated_at,
  })
  expect(await isFresh()).toBe(false)
  expect(await anns.post(STEP, { code: nextCode(), next: '/settings' })).toMatchObject({ to: '/settings' })
  const after = await currentSession()
  expect(after).toMatchObject({ id: before.id, authenticated_at: after.reauthenticated_at })
  expect(after.authenticated_at).toBeGreaterThan(before.authenticated_at)
})

test('after inactivity the password alone continues the session with its second factor, and the session is not fresh', async () => {
  const { anns, advance, currentSession, isFresh } = await annWithTwoFactors()
  const before = await currentSession()
  advance(minutes(5))
  expect(fieldsOf(await anns.get('/relogin'))).toEqual(['password'])
  expect(await anns.post('/relogin', { password: ann.password })).toMatchObject({ to: '/profile' })
  const after = await currentSession()
  expect(after).toMatchObject({ amr: 'password totp', second_factor_at: before.second_factor_at })
  expect(after.id).not.toBe(before.id)
  expect(await isFresh()).toBe(false)
  expect(fieldsOf(await anns.get('/relogin'))).toEqual(['code'])
})

test('a session that continues after inactivity ends when its second factor is as old as the absolute limit', async () => {
  const { anns, advance } = await annWithTwoFactors({ SESSION_MAX_SECONDS: '3600', SESSION_IDLE_SECONDS: '1800' })
  advance(minutes(40))
  await anns.post('/relogin', { password: ann.password })
  advance(minutes(20) - 1)
  expect((await anns.get('/profile')).status).toBe(200)
  advance(1)
  expect((await anns.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe(STEP)
})

test.each([
  [hours(12) - 1, 'is enough', '/profile'],
  [hours(12), 'begins the second step', STEP],
])('after inactivity, %i ms after the second factor, the password %s', async (age, _, to) => {
  const { anns, advance } = await annWithTwoFactors()
  advance(age)
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe(to)
})

test.each<EndReason>(['revoked', 'password', 'absolute'])(
  'after the end reason %s the password is not enough',
  async (reason) => {
    const site = await annWithTwoFactors({ ...LONG, SESSION_MAX_SECONDS: '3600' })
    const { anns, deps, users, advance, nextCode, currentSession } = site
    if (reason === 'absolute') advance(minutes(60))
    else await endSessionsOf(deps, users.ann, reason)
    expect(fieldsOf(await anns.get('/relogin'))).toEqual(['password'])
    expect((await anns.post('/relogin', { password: ann.password })).to).toBe(STEP)
    expect((await anns.get('/profile')).status).toBe(303)
    expect(await anns.post(STEP, { code: nextCode() })).toMatchObject({ to: '/profile' })
    expect(await currentSession()).toMatchObject({ amr: 'password totp', started_by: 'password' })
  },
)

test.each<[string, (site: Pick<Site, 'deps'> & { user: User }) => Promise<unknown>]>([
  ['a reset of the factors', ({ deps, user }) => resetFactors(deps, user, 'command line')],
  [
    'a removed factor',
    ({ deps, user }) =>
      inTransaction(deps, (deps) => changeFactors(deps, user, 'factor-removed'), { locks: userLocks(user) }),
  ],
  [
    'a new password',
    ({ deps, user }) => inTransaction(deps, (deps) => revokeAccess(deps, user, 'password'), { locks: userLocks(user) }),
  ],
  [
    'a logout everywhere',
    ({ deps, user }) => inTransaction(deps, (deps) => endSessionsOf(deps, user, 'revoked'), { locks: userLocks(user) }),
  ],
])('after %s a session that had ended by inactivity needs both factors', async (_, change) => {
  const site = await annWithTwoFactors()
  const user = site.users.ann
  site.advance(minutes(5))
  expect((await site.anns.copy().get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  await change({ deps: site.deps, user })
  await addApp(site, user, 'Another phone')
  await site.deps.db.updateTable('users').set({ two_step_enabled_at: site.deps.now() }).execute() // and no session changes
  expect((await site.anns.post('/relogin', { password: ann.password })).to).toBe(STEP)
})

test('two-step verification that is turned on elsewhere ends a session, which then needs both factors', async () => {
  const site = await annWithApp()
  await site.deps.db.updateTable('users').set({ two_step_enabled_at: null }).execute()
  const anns = await site.as(ann)
  await turnOnTwoStep(site, site.users.ann)
  expect(await anns.get('/dashboard')).toMatchObject({ status: 303, to: '/relogin?next=%2Fdashboard' })
  expect((await anns.get('/relogin')).html).toContain(
    'Two-step verification was turned on for your account. Please log in again.',
  )
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe(STEP)
  expect(await anns.post(STEP, { code: site.app.code() })).toMatchObject({ to: '/profile' })
})

test('a trusted browser skips the second step after the absolute limit, and its session is not fresh', async () => {
  const site = await annWithApp({ ...LONG, SESSION_MAX_SECONDS: '3600' })
  const anns = site.browser()
  await anns.post('/login', ann)
  await anns.post(STEP, { code: site.app.code(), trust: 'yes' })
  site.advance(minutes(60))
  expect(await anns.post('/relogin', { password: ann.password })).toMatchObject({ to: '/profile' })
  expect((await anns.get('/profile')).status).toBe(200)
  expect(await isFresh(anns)).toBe(false)
  expect(fieldsOf(await anns.get('/relogin'))).toEqual(['code'])
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe(STEP)
})

test('a code does not continue an ended session', async () => {
  const { anns, advance, nextCode, deps } = await annWithTwoFactors()
  advance(minutes(5))
  const answer = await anns.post('/relogin/code', { code: nextCode() })
  expect([answer.status, fieldsOf(answer), answer.set]).toEqual([200, ['password'], []])
  const active = deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null)
  expect(await active.execute()).toEqual([])
})

test('a restored session needs the password and a code before it is fresh', async () => {
  const { anns, currentSession, nextCode, isFresh } = await annWithTwoFactors(LONG, { remember: 'yes' })
  anns.close()
  expect((await anns.get('/profile')).status).toBe(200)
  expect(await currentSession()).toMatchObject({ amr: 'remember-me', second_factor_at: null })
  expect(await isFresh()).toBe(false)
  expect(fieldsOf(await anns.get('/relogin'))).toEqual(['password'])
  expect(fieldsOf(await anns.post('/relogin/code', { code: nextCode() }))).toEqual(['password'])
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe(STEP)
  expect(await isFresh()).toBe(false)
  expect(await anns.post(STEP, { code: nextCode() })).toMatchObject({ to: '/profile' })
  expect(await isFresh()).toBe(true)
  expect(await currentSession()).toMatchObject({ amr: 'password totp' })
})

test('a parallel request of a remembered device has no second factor of the session that it shares', async () => {
  const { anns, app, browser } = await annOfLevels({ remember: 'yes' })
  expect((await browser().get('/level')).html).toBe('0: , apps: 0')
  anns.close()
  const parallel = anns.copy()
  await anns.get('/profile')
  await anns.post('/relogin', { password: ann.password })
  expect(await anns.post(STEP, { code: app.code(1) })).toMatchObject({ to: '/profile' })
  expect((await anns.get('/level')).html).toBe('2: password totp, apps: 1')
  expect((await parallel.get('/level')).html).toBe('0: remember-me, apps: 1')
})

test('a changed client of a session that a passkey opened loses it, too', async () => {
  const site = await annWithPasskey(LONG)
  const anns = site.browser()
  await logInWithPasskey(anns, site.passkey)
  await addApp(site, site.users.ann)
  await site.deps.db.updateTable('users').set({ role: 'admin', two_step_enabled_at: 1 }).execute()
  expect((await anns.get('/admin/users')).status).toBe(200)
  const moved = anns.copy('Another browser')
  expect((await moved.get('/profile')).status).toBe(200)
  expect((await moved.get('/admin/users')).to).toBe('/relogin?next=%2Fadmin%2Fusers')
  expect(fieldsOf(await moved.get('/relogin'))).toEqual(['password']) // or the passkey
  expect((await moved.post('/relogin', { password: ann.password })).to).toBe(STEP)
})

test('a changed client loses its second factor and is asked for a code', async () => {
  const { anns, currentSession, nextCode } = await annWithTwoFactors(LONG)
  const moved = anns.copy('Another browser')
  expect(await isFresh(moved)).toBe(false)
  expect(await currentSession()).toMatchObject({ amr: 'password', second_factor_at: null, reauthenticated_at: null })
  expect(fieldsOf(await moved.get('/relogin'))).toEqual(['code'])
  expect((await moved.post('/relogin/code', { code: nextCode() })).status).toBe(303)
  expect(await isFresh(moved)).toBe(true)
})
