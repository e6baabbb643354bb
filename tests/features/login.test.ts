import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { signupTest } from '../support/features'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import { withoutChallenges } from '../support/without-challenges'

test('the right password redirects to the return path or to the profile', async () => {
  const { browser } = await annAndEve()
  expect(await browser().post('/login', { ...ann, next: '/settings?page=2' })).toMatchObject({
    status: 303,
    to: '/settings?page=2',
  })
  expect(await browser().post('/login?next=/dashboard', ann)).toMatchObject({ status: 303, to: '/dashboard' })
  for (const next of ['', undefined])
    expect(await browser().post('/login', next === undefined ? ann : { ...ann, next })).toMatchObject({
      status: 303,
      to: '/profile',
    })
})

test('the page after a login shows the success message', async () => {
  const { browser } = await annAndEve()
  const anns = browser()
  await anns.post('/login', ann)
  expect((await anns.get('/profile')).html).toContain(
    '<p id="flash" class="success" role="status">Logged in successfully.</p>',
  )
})

test('an unknown address, a wrong password, a deactivated and a secured account get identical responses', async () => {
  const { browser, deps, users } = await annAndEve()
  const wrong = await browser().post('/login', { ...ann, password: 'wrong' })
  const unknown = await browser().post('/login', { ...ann, email: 'abe@example.test' })
  const odd = await browser().post('/login', { ...ann, email: 'mıke@example.test' })
  const empty = await browser().post('/login', { email: ann.email, password: '' })
  const missing = await browser().post('/login', { email: ann.email })
  await deactivateUser(deps, users.ann, 'command line')
  const deactivated = await browser().post('/login', ann)
  const state = { deactivated_at: null, secured_at: deps.now() }
  await deps.db.updateTable('users').set(state).where('id', '=', users.ann.id).execute()
  const secured = await browser().post('/login', ann)

  expect(wrong.status).toBe(422)
  expect(wrong.html).toContain(
    '<p id="login-error" class="form-error" role="alert">Please check your login details and try again.</p>',
  )
  for (const other of [unknown, odd, empty, missing, deactivated, secured]) {
    const html = other.html.replace(/value="[^"]*@example.test"/, 'value="ann@example.test"')
    expect(withoutChallenges(html)).toBe(withoutChallenges(wrong.html))
    expect([other.status, other.set]).toEqual([422, []])
  }
})

test('a failed login keeps the typed address but no password, and both fields reference the error', async () => {
  const { browser } = await annAndEve()
  const { html } = await browser().post('/login', {
    ...ann,
    password: 'wrong words',
    remember: 'on',
    next: '/settings',
  })
  expect(html).toMatch(
    /<input id="email"[^>]* value="ann@example.test"[^>]* autofocus aria-invalid="true" aria-describedby="login-error"/,
  )
  expect(html).toMatch(/<input id="password"[^>]* aria-invalid="true" aria-describedby="login-error"/)
  expect(html).toMatch(/<input type="checkbox" name="remember" value="yes" checked/)
  expect(html).toContain('<input type="hidden" name="next" value="/settings"/>')
  expect(html).not.toContain('wrong words')
})

test('a valid password never expires', async () => {
  const { browser, advance } = await annAndEve()
  advance(days(10 * 365))
  const anns = browser()
  expect((await anns.post('/login', ann)).to).toBe('/profile')
  expect((await anns.get('/profile')).status).toBe(200)
})

test('htmx receives the form as a partial and the redirect in a header', async () => {
  const { browser } = await annAndEve()
  expect((await browser().get('/login', { 'hx-request': 'true', 'hx-request-type': 'full' })).html).toStartWith(
    '<!doctype html>',
  )
  expect(await browser().postHtmx('/login', { ...ann, password: 'wrong' })).toMatchObject({
    status: 422,
    html: expect.stringMatching(/^<title>Error: Login/),
  })
  expect((await browser().post('/login', { ...ann, password: 'wrong' }, { 'hx-request': 'true' })).html).toStartWith(
    '<title>',
  )
  const good = await browser().postHtmx('/login', { ...ann, next: '/settings' })
  expect([good.status, good.headers.get('hx-redirect'), good.html]).toEqual([204, '/settings', ''])
})

test('a logged-in user is redirected to a safe return path', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect(await annsBrowser.get('/login')).toMatchObject({ status: 303, to: '/profile' })
  expect(await annsBrowser.get('/login?next=/settings')).toMatchObject({ status: 303, to: '/settings' })
  expect((await annsBrowser.get('/login?next=//evil.test')).status).toBe(400)
})

test('every login creates a new session token and ignores the previous one', async () => {
  const { browser } = await annAndEve()
  const planted = browser()
  planted.jar.set('session', 'A'.repeat(43))
  await planted.post('/login?session=x', { ...ann, session: 'B'.repeat(43) })
  const first = planted.jar.get('session')
  expect(first).toMatch(/^[\w-]{43}$/)
  expect(first).not.toBe('A'.repeat(43))
  const again = browser()
  await again.post('/login', ann)
  expect(again.jar.get('session')).not.toBe(first)
})

test('the remember box counts with any value, but not when it is empty', async () => {
  const { browser } = await annAndEve()
  for (const [remember, isRemembered] of [
    ['yes', true],
    ['1', true],
    ['off', true],
    ['', false],
  ] as const) {
    const anns = browser()
    await anns.post('/login', { ...ann, remember })
    expect(anns.jar.has('remember')).toBe(isRemembered)
  }
})

signupTest('the fields have autocomplete attributes and labels for password managers', async () => {
  const { browser } = await annAndEve()
  const { html } = await browser().get('/login')
  expect(html).toMatch(/<form method="post" action="\/login"/)
  expect(html).toMatch(
    /<input id="email" name="email" type="email" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" inputmode="email" required autofocus/,
  )
  expect(html).toMatch(/<input id="password" name="password" type="password" autocomplete="current-password"/)
  expect(html).toMatch(
    /<label class="check"><input type="checkbox" name="remember" value="yes"\/> ?Remember me<\/label>/,
  )
  expect(html).toContain('<a href="/signup">Create an account</a>')
})
