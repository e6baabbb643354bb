import { expect, test } from 'bun:test'
import { ann, annLoggedIn, annRemembered } from '../../support/people'

const OTHER = 'Another browser'

test('basic: a changed client keeps the session, but not its freshness, until the password is typed again', async () => {
  const { annsBrowser } = await annLoggedIn()
  const moved = annsBrowser.copy(OTHER)
  expect((await moved.get('/profile')).status).toBe(200)
  expect(await moved.get('/settings/password')).toMatchObject({
    status: 303,
    to: '/relogin?next=%2Fsettings%2Fpassword',
  })
  expect(await annsBrowser.get('/settings/password')).toMatchObject({ status: 303 }) // it does not come back by itself
  await moved.post('/relogin', { password: ann.password })
  expect((await moved.get('/settings/password')).status).toBe(200)
  expect((await moved.get('/profile')).status).toBe(200)
})

test('strong: a changed client ends the session, its remember series too, and the user is told', async () => {
  for (const remembered of [false, true]) {
    const env = { SESSION_PROTECTION: 'strong' }
    const { annsBrowser } = remembered ? await annRemembered(env) : await annLoggedIn(env)
    await annsBrowser.get('/profile')
    const thief = annsBrowser.copy(OTHER)
    expect(await thief.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
    expect((await annsBrowser.get('/')).html).toContain('Someone may have copied your login')
    annsBrowser.close()
    expect(await annsBrowser.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
  }
})

test('strong: a page that is not there does not tell a thief either that the session lives', async () => {
  const { annsBrowser } = await annLoggedIn({ SESSION_PROTECTION: 'strong' })
  expect((await annsBrowser.copy(OTHER).get('/nowhere')).html).not.toContain('>Profile<')
  expect((await annsBrowser.get('/nowhere')).html).toContain('>Profile<')
})

test('off: the client does not matter', async () => {
  const { annsBrowser } = await annLoggedIn({ SESSION_PROTECTION: 'off' })
  expect((await annsBrowser.copy(OTHER).get('/settings/password')).status).toBe(200)
})

test('a restored session is whole: no false alarm on its second request, nor from another client than it began with', async () => {
  const { annsBrowser } = await annRemembered({ SESSION_PROTECTION: 'strong' })
  const updated = annsBrowser.copy(OTHER)
  for (let i = 0; i < 3; i++) expect((await updated.get('/profile')).status).toBe(200)
})

test('strong: a thief who comes along with a parallel tab is caught, too', async () => {
  const { annsBrowser } = await annRemembered({ SESSION_PROTECTION: 'strong' })
  const thief = annsBrowser.copy(OTHER)
  await annsBrowser.get('/profile')
  expect(await thief.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('only the first 256 characters of what a browser calls itself are kept', async () => {
  const { browser, deps } = await annLoggedIn()
  await browser('x'.repeat(5000)).post('/login', ann)
  const kept = await deps.db
    .selectFrom('sessions')
    .select(['user_agent', 'fingerprint'])
    .orderBy('user_agent', 'desc')
    .executeTakeFirstOrThrow()
  expect([kept.user_agent.length, kept.fingerprint.length]).toEqual([256, 256])
})

test('a visitor without a session is no alarm', async () => {
  const { browser } = await annLoggedIn({ SESSION_PROTECTION: 'strong' })
  const visitor = browser()
  await visitor.get('/profile')
  expect((await visitor.copy(OTHER).get('/login')).html).toContain('Please log in to access this page.')
})
