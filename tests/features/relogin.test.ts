import { expect, test } from 'bun:test'
import { endSessionsOf } from '@/model/sessions/end-all'
import { hours, minutes } from '@/lib/duration'
import { ann, annLoggedIn, eve } from '../support/people'

async function annTimedOut() {
  const site = await annLoggedIn()
  site.advance(minutes(5))
  return site
}

test('after the idle limit the user sees a message, enters the password and returns to the page', async () => {
  const { annsBrowser } = await annTimedOut()
  expect(await annsBrowser.get('/settings?a=b')).toMatchObject({ status: 303, to: '/relogin?next=%2Fsettings%3Fa%3Db' })
  const { status, html } = await annsBrowser.get('/relogin?next=%2Fsettings%3Fa%3Db')
  expect(status).toBe(200)
  expect(html).toContain('<p id="flash" class="info" role="status">Session timed out, please re-login.</p>')
  expect(html).toContain('<strong><bdi>Ann</bdi></strong>')
  expect(html).toContain('<input id="email" type="email" autocomplete="username" value="ann@example.test" readonly/>')
  expect(html).toContain('<a href="/login?next=%2Fsettings%3Fa%3Db">Log in as a different user</a>')
  expect(await annsBrowser.post('/relogin', { password: ann.password, next: '/settings?a=b' })).toMatchObject({
    status: 303,
    to: '/settings?a=b',
  })
  expect((await annsBrowser.get('/settings')).html).toContain('Logged in successfully.')
})

test('a wrong password shows an error at the field, and the password of another user fails', async () => {
  const { annsBrowser } = await annTimedOut()
  for (const password of ['wrong', '', eve.password]) {
    const { status, html } = await annsBrowser.post('/relogin', { password, next: '/dashboard' })
    expect(status).toBe(422)
    expect(html).toContain(
      '<small id="password-error" class="field-error">Please check your login details and try again.</small>',
    )
    expect(html).toMatch(/<input id="password"[^>]* autofocus aria-invalid="true" aria-describedby="password-error"/)
    expect(html).toContain('<input type="hidden" name="next" value="/dashboard"/>')
  }
  expect((await annsBrowser.get('/profile')).status).toBe(303)
})

test('htmx receives the form as a partial and the redirect in a header', async () => {
  const { annsBrowser } = await annTimedOut()
  expect(await annsBrowser.postHtmx('/relogin', { password: 'wrong' })).toMatchObject({
    status: 422,
    html: expect.stringMatching(/^<title>Error: Your session has ended/),
  })
  const good = await annsBrowser.postHtmx('/relogin', { password: ann.password, next: '/settings' })
  expect([good.status, good.headers.get('hx-redirect'), good.html]).toEqual([204, '/settings', ''])
})

test('a stale login asks for the password and rotates the token, and the old token stops working', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  advance(minutes(5))
  expect(await annsBrowser.get('/settings/password')).toMatchObject({
    status: 303,
    to: '/relogin?next=%2Fsettings%2Fpassword',
  })
  expect((await annsBrowser.get('/relogin')).html).toContain('Please reauthenticate to access this page.')
  const old = annsBrowser.copy()
  expect(await annsBrowser.post('/relogin', { password: ann.password })).toMatchObject({ status: 303, to: '/profile' })
  expect(annsBrowser.jar.get('session')).not.toBe(old.jar.get('session'))
  expect((await annsBrowser.get('/settings/password')).status).toBe(200)
  expect(await old.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('a re-login restarts both limits', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '86400', SESSION_MAX_SECONDS: '3600' })
  advance(minutes(59))
  await annsBrowser.post('/relogin', { password: ann.password })
  advance(minutes(59))
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  advance(minutes(1))
  expect(await annsBrowser.get('/profile')).toMatchObject({ to: '/relogin?next=%2Fprofile' })
})

test('a fresh user is redirected, and a visitor without an ended session goes to the login', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  expect(await annsBrowser.get('/relogin?next=/settings')).toMatchObject({ status: 303, to: '/settings' })
  expect(await browser().get('/relogin?next=/settings')).toMatchObject({ status: 303, to: '/login?next=%2Fsettings' })
  expect(await browser().post('/relogin', { password: ann.password })).toMatchObject({
    status: 303,
    to: '/login?next=%2Fprofile',
  })
})

test('a session that ended a day ago no longer names its user', async () => {
  const { annsBrowser, advance } = await annTimedOut()
  advance(hours(24) - 1)
  expect((await annsBrowser.get('/relogin')).html).toContain('ann@example.test')
  advance(1)
  expect(await annsBrowser.get('/relogin')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('a session ended from another device shows that reason', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  await endSessionsOf(deps, users.ann, 'revoked')
  expect(await annsBrowser.get('/profile')).toMatchObject({ status: 303, to: '/relogin?next=%2Fprofile' })
  expect((await annsBrowser.get('/relogin')).html).toContain(
    'This session was ended from another device. Please log in again.',
  )
})

test('switching the user ends the stale session first', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ FRESH_SECONDS: '1' })
  advance(1000)
  const kept = annsBrowser.copy()
  expect((await annsBrowser.get('/relogin?next=/settings')).html).toContain(
    'action="/relogin/switch-user?next=%2Fsettings"',
  )
  expect(await annsBrowser.post('/relogin/switch-user?next=/settings')).toMatchObject({
    status: 303,
    to: '/login?next=%2Fsettings',
  })
  expect((await kept.get('/profile')).to).toBe('/login?next=%2Fprofile')
  await annsBrowser.post('/login', { ...eve, next: '/settings' })
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Eve!')
})

test('twenty concurrent re-logins of a stale or ended session leave one session', async () => {
  for (const [env, wait] of [
    [{ FRESH_SECONDS: '1' }, 1000],
    [{}, minutes(5)],
  ] as const) {
    const { annsBrowser, deps, advance } = await annLoggedIn(env)
    advance(wait)
    const tabs = Array.from({ length: 20 }, () => annsBrowser.copy())
    const answers = await Promise.all(tabs.map((tab) => tab.post('/relogin', { password: ann.password })))
    expect(answers.filter(({ set }) => set.some((line) => line.startsWith('session=')))).toHaveLength(1)
    expect(await deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).execute()).toHaveLength(1)
  }
})
