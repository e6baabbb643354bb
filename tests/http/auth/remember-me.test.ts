import { expect, test } from 'bun:test'
import type { Deps } from '@/deps/deps'
import { hours, minutes, seconds } from '@/lib/duration'
import { tokenTest } from '../../support/features'
import { ann, annRemembered } from '../../support/people'

const activeSessions = (deps: Deps) =>
  deps.db.selectFrom('sessions').select('id').where('series_id', 'is not', null).where('ended_at', 'is', null).execute()

const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }
const ALARM =
  'Someone may have copied your login on this device, so we ended it. Log in, and change your password if this was not you.'

test('a remembered device starts a new session and receives a new secret of the same series', async () => {
  const { annsBrowser } = await annRemembered()
  const [series, secret] = annsBrowser.jar.get('remember')?.split('.') ?? []
  const { status, html, set } = await annsBrowser.get('/profile')
  expect(status).toBe(200)
  expect(html).toContain('Welcome, Ann!')
  expect(set[0]).toMatch(/^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  expect(set[1]).toMatch(new RegExp(`^remember=${series}\\.[\\w-]{43}; Path=/; Max-Age=2592000;`))
  expect(set[1]).not.toContain(`${secret}`)
})

test('the database stores only hashes of the remember token', async () => {
  const { annsBrowser, deps } = await annRemembered()
  const stored = JSON.stringify(
    await Promise.all(
      (['sessions', 'remember_series', 'remember_secrets'] as const).map((table) =>
        deps.db.selectFrom(table).selectAll().execute(),
      ),
    ),
  )
  for (const part of annsBrowser.jar.get('remember')?.split('.') ?? ['?']) expect(stored).not.toContain(part)
})

test('a restored session has full permissions but is not fresh', async () => {
  const { annsBrowser } = await annRemembered()
  await annsBrowser.get('/profile')
  expect((await annsBrowser.get('/dashboard')).status).toBe(200)
  expect(await annsBrowser.get('/settings/password')).toMatchObject({
    status: 303,
    to: '/relogin?next=%2Fsettings%2Fpassword',
  })
  await annsBrowser.post('/relogin', { password: ann.password })
  expect((await annsBrowser.get('/settings/password')).status).toBe(200)
})

test('a remembered device restores a session after the idle limit and after the absolute limit', async () => {
  for (const wait of [minutes(5), hours(12)]) {
    const { annsBrowser, advance } = await annRemembered()
    await annsBrowser.get('/profile')
    advance(wait)
    expect((await annsBrowser.get('/profile')).status).toBe(200)
  }
})

test('an error response that restores a session sends its cookies', async () => {
  for (const path of ['/settings/password', '/login?next=//evil.test']) {
    const { annsBrowser, advance } = await annRemembered()
    await annsBrowser.get(path)
    advance(minutes(1))
    expect((await annsBrowser.get('/profile')).status).toBe(200)
  }
})

test('an unknown path restores no session, so that no token is lost', async () => {
  const { annsBrowser } = await annRemembered()
  expect((await annsBrowser.get('/nowhere')).set).toEqual([])
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

test('twenty parallel tabs share one session, and each response contains cookies that work', async () => {
  const { annsBrowser, deps, advance, events } = await annRemembered()
  const tabs = Array.from({ length: 20 }, () => annsBrowser.copy())
  const answers = await Promise.all(tabs.map((tab) => tab.get('/profile')))
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(new Set(tabs.map(({ jar }) => jar.get('session'))).size).toBe(1)
  expect(new Set(tabs.map(({ jar }) => jar.get('remember'))).size).toBe(20)
  expect(await deps.db.selectFrom('sessions').select('id').where('started_by', '=', 'remember').execute()).toHaveLength(
    1,
  )
  advance(seconds(10) - 1)
  expect((await annsBrowser.copy().get('/profile')).set).toHaveLength(2)
  const last = tabs[7]
  for (let restore = 0; restore < 3; restore++) {
    advance(minutes(5))
    expect((await last?.get('/profile'))?.status).toBe(200)
  }
  expect(events.filter(({ kind }) => kind === 'remember-token-reused')).toEqual([])
})

test.each([2, 11, 3600])(
  'a response that was lost raises no alert when the request is repeated after %s s',
  async (wait) => {
    const { annsBrowser, advance, deps } = await annRemembered()
    for (let lost = 0; lost < 3; lost++) {
      const { status, set } = await annsBrowser.copy().get('/profile')
      expect([status, set.length]).toEqual([200, 2])
      advance(seconds(wait))
    }
    expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann!')
    expect((await annsBrowser.get('/profile')).status).toBe(200)
    expect(await activeSessions(deps)).toHaveLength(1)
  },
)

test('a browser that is killed before its cookies are on the disk presents the old secret and is restored', async () => {
  const { annsBrowser, advance } = await annRemembered()
  const disk = annsBrowser.copy()
  await annsBrowser.get('/profile')
  await annsBrowser.post('/relogin', { password: ann.password })
  advance(seconds(20))
  const reopened = disk.copy()
  expect((await reopened.get('/profile')).status).toBe(200)
  expect((await reopened.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
  advance(minutes(5))
  expect((await reopened.get('/profile')).status).toBe(200)
})

test('a copied secret ends the series and its sessions, and both users see the alert', async () => {
  const { annsBrowser, advance, deps } = await annRemembered()
  const attacker = annsBrowser.copy()
  await attacker.get('/profile')
  advance(seconds(10))
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  expect(await activeSessions(deps)).toHaveLength(1)

  expect(await attacker.get('/profile')).toMatchObject(LOGGED_OUT)
  expect(attacker.jar.has('remember')).toBe(false)
  expect((await attacker.get('/login')).html).toMatch(new RegExp(`<p id="flash" class="error" role="alert">${ALARM}`))
  expect(await attacker.get('/profile')).toMatchObject(LOGGED_OUT)

  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  expect((await annsBrowser.get('/login')).html).toContain(ALARM)
  expect((await annsBrowser.get('/')).html).not.toContain(ALARM)
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  const ended = await deps.db.selectFrom('sessions').select('ended_reason').orderBy('ended_reason').execute()
  // Each restore replaced the session before.
  expect(ended).toEqual([{ ended_reason: 'logout' }, { ended_reason: 'logout' }, { ended_reason: 'theft' }])
})

test('a copy that is used within ten seconds is detected at the next restore of both browsers', async () => {
  const { annsBrowser, advance, events } = await annRemembered()
  const attacker = annsBrowser.copy()
  await annsBrowser.get('/profile')
  await attacker.get('/profile')
  advance(minutes(5))
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  expect(await attacker.get('/profile')).toMatchObject(LOGGED_OUT)
  expect(events.filter(({ kind }) => kind === 'remember-token-reused')).toHaveLength(1)
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
})

tokenTest.each([[0], [9], [10], [60]])(
  'a copied token opens no fresh page %i s after the user typed the password',
  async (wait) => {
    const { annsBrowser, advance } = await annRemembered()
    const attacker = annsBrowser.copy()
    await annsBrowser.get('/profile')
    await annsBrowser.post('/relogin', { password: ann.password })
    advance(seconds(wait))
    for (let n = 0; n < 3; n++) expect((await attacker.get('/settings/password')).to).toStartWith('/relogin')
    expect((await attacker.post('/settings/tokens', { name: 'x', expires_days: '1' })).to).toContain('/relogin')
    advance(minutes(5))
    await annsBrowser.get('/profile')
    await attacker.get('/profile')
    expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
    expect((await annsBrowser.get('/login')).html).toContain(ALARM)
  },
)

test('a parallel tab opens its page and leaves the fresh session of the user alone', async () => {
  const { annsBrowser, advance, deps } = await annRemembered()
  const slow = annsBrowser.copy()
  await annsBrowser.get('/profile')
  await annsBrowser.post('/relogin', { password: ann.password })
  advance(seconds(5))
  const { status, set } = await slow.get('/profile')
  expect([status, set.length]).toEqual([200, 1])
  annsBrowser.jar.set('remember', slow.jar.get('remember') ?? '') // its cookies arrive in the same browser
  expect((await annsBrowser.get('/settings/password')).status).toBe(200)
  expect(await activeSessions(deps)).toHaveLength(1)
  advance(minutes(5))
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

test('a request with the session token from before the re-login is answered and ends no session', async () => {
  const { annsBrowser, advance, deps } = await annRemembered()
  await annsBrowser.get('/profile')
  const inFlight = annsBrowser.copy()
  await annsBrowser.post('/relogin', { password: ann.password })
  advance(seconds(10) - 1)
  expect((await inFlight.copy().get('/settings/password')).to).toContain('/relogin')
  const { status, set } = await inFlight.get('/profile')
  expect([status, set.map((line) => line.split('=')[0])]).toEqual([200, ['remember']])
  expect((await annsBrowser.get('/settings/password')).status).toBe(200)
  expect(await activeSessions(deps)).toHaveLength(1)
})

test('the security alert appears on the next page of any kind', async () => {
  const { annsBrowser, advance } = await annRemembered()
  const attacker = annsBrowser.copy()
  await annsBrowser.get('/profile')
  advance(seconds(10))
  await attacker.get('/profile')
  expect((await annsBrowser.get('/')).html).toContain(ALARM)
  expect((await annsBrowser.get('/')).html).not.toContain(ALARM)
})

test('a secret from three uses ago still counts as reused', async () => {
  const { annsBrowser, advance } = await annRemembered()
  const old = annsBrowser.copy()
  for (let i = 0; i < 3; i++) {
    await annsBrowser.get('/profile')
    annsBrowser.close()
    advance(minutes(1))
  }
  await old.get('/profile')
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
})

test.each([
  (token: string) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
  () => 'x',
  () => `${'A'.repeat(22)}.${'A'.repeat(43)}`,
  () => '{"a":1}',
])('a malformed or invented remember token is dropped and ends no series (%#)', async (spoil) => {
  const { annsBrowser, browser, advance } = await annRemembered()
  const attacker = browser()
  attacker.jar.set('remember', spoil(annsBrowser.jar.get('remember') ?? ''))
  expect(await attacker.get('/profile')).toMatchObject(LOGGED_OUT)
  expect(attacker.jar.has('remember')).toBe(false)
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  advance(seconds(10))
  attacker.jar.set('remember', spoil(annsBrowser.jar.get('remember') ?? ''))
  await attacker.get('/profile')
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})
