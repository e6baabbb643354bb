import { expect, test } from 'bun:test'
import { ann, annLoggedIn, annRemembered } from '../../support/people'

const OTHER = 'Another browser'

test('basic protection keeps the session of a changed client but not its freshness', async () => {
  const { annsBrowser } = await annLoggedIn()
  const moved = annsBrowser.copy(OTHER)
  expect((await moved.get('/profile')).status).toBe(200)
  expect(await moved.get('/settings/password')).toMatchObject({
    status: 303,
    to: '/relogin?next=%2Fsettings%2Fpassword',
  })
  expect(await annsBrowser.get('/settings/password')).toMatchObject({ status: 303 }) // freshness does not return without a password
  await moved.post('/relogin', { password: ann.password })
  expect((await moved.get('/settings/password')).status).toBe(200)
  expect((await moved.get('/profile')).status).toBe(200)
})

test('strong protection ends the session and remember series of a changed client and tells the user', async () => {
  for (const remembered of [false, true]) {
    const env = { SESSION_PROTECTION: 'strong' }
    const { annsBrowser } = remembered ? await annRemembered(env) : await annLoggedIn(env)
    await annsBrowser.get('/profile')
    const attacker = annsBrowser.copy(OTHER)
    expect(await attacker.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
    expect((await annsBrowser.get('/')).html).toContain('Someone may have copied your login')
    annsBrowser.close()
    expect(await annsBrowser.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
  }
})

test('strong protection does not reveal on a 404 page that the session is active', async () => {
  const { annsBrowser } = await annLoggedIn({ SESSION_PROTECTION: 'strong' })
  expect((await annsBrowser.copy(OTHER).get('/nowhere')).html).not.toContain('>Profile<')
  expect((await annsBrowser.get('/nowhere')).html).toContain('>Profile<')
})

test('protection off ignores a changed client', async () => {
  const { annsBrowser } = await annLoggedIn({ SESSION_PROTECTION: 'off' })
  expect((await annsBrowser.copy(OTHER).get('/settings/password')).status).toBe(200)
})

test('a restored session raises no alert on its second request or from another client', async () => {
  const { annsBrowser } = await annRemembered({ SESSION_PROTECTION: 'strong' })
  const updated = annsBrowser.copy(OTHER)
  for (let i = 0; i < 3; i++) expect((await updated.get('/profile')).status).toBe(200)
})

test('strong protection detects an attacker that uses the token beside an open tab', async () => {
  const { annsBrowser } = await annRemembered({ SESSION_PROTECTION: 'strong' })
  const attacker = annsBrowser.copy(OTHER)
  await annsBrowser.get('/profile')
  expect(await attacker.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('only the first 256 characters of the User-Agent header are stored', async () => {
  const { browser, deps } = await annLoggedIn()
  await browser('x'.repeat(5000)).post('/login', ann)
  const kept = await deps.db
    .selectFrom('sessions')
    .select(['user_agent', 'fingerprint'])
    .orderBy('user_agent', 'desc')
    .executeTakeFirstOrThrow()
  expect([kept.user_agent.length, kept.fingerprint.length]).toEqual([256, 256])
})

test('a visitor without a session triggers no protection', async () => {
  const { browser } = await annLoggedIn({ SESSION_PROTECTION: 'strong' })
  const visitor = browser()
  await visitor.get('/profile')
  expect((await visitor.copy(OTHER).get('/login')).html).toContain('Please log in to access this page.')
})
