import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { ann, annLoggedIn, annRemembered, eve } from '../../support/people'

const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }

test('a remember series expires thirty days after the login, however often it is used', async () => {
  const { annsBrowser, advance } = await annRemembered()
  for (let i = 0; i < 29; i++) {
    advance(days(1))
    expect((await annsBrowser.get('/profile')).status).toBe(200)
  }
  advance(days(1) - 1)
  const { set } = await annsBrowser.get('/profile')
  expect(set.find((line) => line.startsWith('remember='))).toContain('Max-Age=1;')
  advance(1)
  annsBrowser.close()
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('each device has its own series, and ending one keeps the other', async () => {
  const { annsBrowser, browser } = await annRemembered()
  const phone = browser()
  await phone.post('/login', { ...ann, remember: 'yes' })
  await annsBrowser.post('/logout')
  phone.close()
  expect((await phone.get('/profile')).html).toContain('Welcome, Ann!')
})

test('a login replaces or clears an existing remember cookie and keeps the series of other users', async () => {
  for (const remember of ['yes', '']) {
    const { annsBrowser, advance, browser } = await annRemembered()
    const kept = annsBrowser.copy()
    const eves = browser()
    eves.jar.set('remember', `${'A'.repeat(22)}.${'A'.repeat(43)}`)
    await eves.post('/login', { ...eve, remember })
    eves.close()
    advance(minutes(1))
    expect((await eves.get('/profile')).status).toBe(remember ? 200 : 303)
    if (!remember) expect(eves.jar.has('remember')).toBe(false)
    expect((await kept.get('/profile')).html).toContain('Welcome, Ann!')
  }
})

test('a session takes precedence over a remember token of another user, and the token is dropped', async () => {
  const { annsBrowser, browser } = await annRemembered()
  const eves = browser()
  await eves.post('/login', eve)
  eves.jar.set('remember', annsBrowser.jar.get('remember') ?? '')
  expect((await eves.get('/profile')).html).toContain('Welcome, Eve!')
  expect(eves.jar.has('remember')).toBe(false)
})

test('a login without remember sets no remember cookie', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect(annsBrowser.jar.has('remember')).toBe(false)
})

test('a typed login on a remembered device uses the typed credentials and ends the series', async () => {
  const { annsBrowser, advance } = await annRemembered()
  const kept = annsBrowser.copy()
  expect((await annsBrowser.post('/login', { ...eve, password: 'wrong' })).status).toBe(422)
  expect(await annsBrowser.post('/login', eve)).toMatchObject({ status: 303, to: '/profile' })
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Eve!')
  expect(annsBrowser.jar.has('remember')).toBe(false)
  advance(minutes(1))
  expect(await kept.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('a remembered device of a deactivated account is removed at the next request', async () => {
  for (const hasSession of [true, false]) {
    const { annsBrowser, deps, users } = await annRemembered()
    if (hasSession) await annsBrowser.get('/profile')
    const kept = annsBrowser.copy()
    kept.close()
    const set = (deactivated_at: number | null) =>
      deps.db.updateTable('users').set({ deactivated_at }).where('id', '=', users.ann.id).execute()
    await set(deps.now())
    if (hasSession) annsBrowser.jar.delete('remember')
    await annsBrowser.get('/profile')
    await set(null)
    expect(await kept.get('/profile')).toMatchObject(LOGGED_OUT)
  }
})
