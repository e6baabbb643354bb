import { expect, test } from 'bun:test'
import { hours, minutes, seconds } from '@/lib/duration'
import { ann, annRemembered } from '../../support/people'

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

test('ten parallel tabs share one session and one new secret without a security alert', async () => {
  const { annsBrowser, deps, advance } = await annRemembered()
  const tabs = Array.from({ length: 10 }, () => annsBrowser.copy())
  const answers = await Promise.all(tabs.map((tab) => tab.get('/profile')))
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
  expect(answers.filter(({ set }) => set.length > 0)).toHaveLength(1)
  expect(await deps.db.selectFrom('sessions').select('id').where('started_by', '=', 'remember').execute()).toHaveLength(
    1,
  )
  advance(seconds(10) - 1)
  expect((await annsBrowser.copy().get('/profile')).status).toBe(200)
})

test('a reused secret ends the series and its sessions and tells the user', async () => {
  const { annsBrowser, advance, deps } = await annRemembered()
  const attacker = annsBrowser.copy()
  await attacker.get('/profile')
  advance(seconds(10))
  const response = await annsBrowser.get('/profile')
  expect(response).toMatchObject(LOGGED_OUT)
  expect(annsBrowser.jar.has('remember')).toBe(false)
  expect((await annsBrowser.get('/login')).html).toMatch(
    new RegExp(`<p id="flash" class="error" role="alert">${ALARM}`),
  )

  expect(await attacker.get('/profile')).toMatchObject(LOGGED_OUT)
  expect((await attacker.get('/login')).html).toContain(ALARM)
  expect((await attacker.get('/')).html).not.toContain(ALARM)
  expect(await attacker.get('/profile')).toMatchObject(LOGGED_OUT)
  const ended = await deps.db.selectFrom('sessions').select('ended_reason').execute()
  // The session of the closed browser was replaced by the restored one.
  expect(ended).toEqual([{ ended_reason: 'logout' }, { ended_reason: 'theft' }])
})

test('the security alert appears on the next page of any kind', async () => {
  const { annsBrowser, advance } = await annRemembered()
  await annsBrowser.copy().get('/profile')
  advance(seconds(10))
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
