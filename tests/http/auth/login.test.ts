import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import { holdHashes } from '../../support/hold-hashes'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../../support/people'

const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }

/** A site with a handler that logs eve in, regardless of the current session. */
async function siteWithAnotherDoor() {
  const site = await annAndEve()
  const loginFeature = new Elysia().use(site.guards.anyone).post('/become-eve', async ({ logIn, reply }) => {
    await logIn(site.users.eve, { method: 'password' })
    return reply.redirect('/')
  })
  site.app.use(loginFeature)
  return site
}

test('a login ends the previous session and remember series of the browser and replaces their cookies', async () => {
  const { browser, advance } = await siteWithAnotherDoor()
  const shared = browser()
  await shared.post('/login', { ...ann, remember: 'yes' })
  const kept = shared.copy()
  await shared.post('/become-eve')
  expect(shared.jar.has('remember')).toBe(false)
  expect((await shared.get('/profile')).html).toContain('Welcome, Eve!')
  advance(minutes(1))
  expect(await kept.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('a login ends the previous session when the remember cookie is missing', async () => {
  const { browser } = await siteWithAnotherDoor()
  const shared = browser()
  await shared.post('/login', ann)
  const kept = shared.copy()
  await shared.post('/become-eve')
  expect(await kept.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('a logout with the previous token ends the session after a re-login, a time-out or a password change', async () => {
  const acts: { path: string; fields: Record<string, string>; env: Record<string, string>; wait: number }[] = [
    { path: '/relogin', fields: { password: ann.password }, env: { FRESH_SECONDS: '1' }, wait: 1000 },
    { path: '/relogin', fields: { password: ann.password }, env: {}, wait: minutes(5) },
    {
      path: '/settings/password',
      fields: { password: ann.password, new_password: 'five boxing wizards' },
      env: {},
      wait: 0,
    },
  ]
  for (const { path, fields, env, wait } of acts) {
    const { annsBrowser, advance } = await annLoggedIn(env)
    advance(wait)
    const tab = annsBrowser.copy()
    expect((await tab.post(path, fields)).status).toBe(303)
    expect((await tab.get('/profile')).status).toBe(200)
    await annsBrowser.post('/logout')
    expect(await tab.get('/profile')).toMatchObject(LOGGED_OUT)
  }
})

test('a re-login that a logout overtakes starts no session and shows no success message', async () => {
  const { annsBrowser, advance, deps } = await annLoggedIn()
  advance(minutes(5))
  const inFlight = annsBrowser.copy()
  const { begun, release } = holdHashes(deps)
  const answered = inFlight.post('/relogin', { password: ann.password, next: '/probe' })
  await begun
  await annsBrowser.post('/logout')
  release()
  const answer = await answered
  expect(answer.set.filter((line) => /^session=[^;]/.test(line))).toEqual([])
  expect((await inFlight.get('/probe')).html).not.toContain('Logged in successfully.')
  expect(await deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).execute()).toEqual([])
})

test('a logout ends the remember series of its session, also without the remember cookie', async () => {
  for (const wait of [0, minutes(5)]) {
    const { annsBrowser, advance } = await annRemembered()
    await annsBrowser.get('/profile')
    const kept = annsBrowser.copy()
    annsBrowser.jar.delete('remember')
    advance(wait)
    await annsBrowser.post('/logout')
    kept.close()
    expect(await kept.get('/profile')).toMatchObject(LOGGED_OUT)
  }
})

test('a re-login restarts the idle and the absolute limit of a stale session', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ FRESH_SECONDS: '1' })
  advance(minutes(5) - 1)
  await annsBrowser.post('/relogin', { password: ann.password })
  advance(minutes(5) - 1)
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

test('a re-login accepts the return path from the query', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5))
  expect(await annsBrowser.post('/relogin?next=/settings', { password: ann.password })).toMatchObject({
    to: '/settings',
  })
})

test('an invalid Authorization header does not affect the session of a page', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect((await annsBrowser.get('/profile', { authorization: 'Bearer x' })).status).toBe(200)
})

test('a re-login with the password of another user fails', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5))
  expect((await annsBrowser.post('/relogin', { password: eve.password, email: eve.email })).status).toBe(422)
})

test('a logout in one tab logs out the other tabs of the same session', async () => {
  const { annsBrowser } = await annRemembered()
  const tab = annsBrowser.copy()
  await annsBrowser.get('/profile')
  await tab.post('/logout')
  annsBrowser.jar.delete('remember')
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
})
