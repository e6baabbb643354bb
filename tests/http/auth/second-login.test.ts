import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { minutes } from '@/lib/duration'
import { listActiveSessions } from '@/model/sessions/expiry'
import { signupTest } from '../../support/features'
import { ann, annAndEve, annLoggedIn, eve } from '../../support/people'
import type { Browser } from '../../support/browser'
import type { Site } from '../../support/site'

// A tab shows a login form that was opened before the login in another tab.

const abe = { email: 'abe@example.test', name: 'Abe', password: 'five boxing wizards' }
const heading = async (browser: Browser) => /<h1>([^<]*)/.exec((await browser.get('/profile')).html)?.[1]
const sessions = ({ deps }: Pick<Site, 'deps'>) =>
  deps.db.selectFrom('sessions').select(['user_id', 'ended_reason']).orderBy('created_at').execute()

test.each([
  ['a plain form', (browser: Browser, fields: Record<string, string>) => browser.post('/login', fields), 303],
  ['htmx', (browser: Browser, fields: Record<string, string>) => browser.postHtmx('/login', fields), 204],
] as const)(
  'the right password of another user ends the session and logs that user in, with %s',
  async (_, post, status) => {
    const { annsBrowser, users, ...site } = await annLoggedIn()
    const old = annsBrowser.copy()
    expect(await post(annsBrowser, { ...eve, next: '/dashboard' })).toMatchObject({ status, to: '/dashboard' })
    expect(await heading(annsBrowser)).toBe('Welcome, Eve!')
    expect(annsBrowser.jar.get('session')).not.toBe(old.jar.get('session'))
    expect((await old.get('/profile')).to).toBe('/login?next=%2Fprofile')
    expect(await sessions(site)).toEqual(
      expect.arrayContaining([
        { user_id: users.ann.id, ended_reason: 'logout' },
        { user_id: users.eve.id, ended_reason: null },
      ]),
    )
    expect(site.events).toContainEqual(
      expect.objectContaining({ kind: 'session-ended', userId: users.ann.id, reason: 'logout' }),
    )
  },
)

test('a login of another user deletes what the site stored in the browser for the first one', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  const clears = async (fields: Record<string, string>) =>
    (await annsBrowser.post('/login', fields)).headers.get('clear-site-data')
  expect(await clears({ ...eve, password: 'wrong' })).toBeNull()
  expect(await clears(ann)).toBeNull()
  expect(await clears(eve)).toBe('"storage", "prefetchCache", "prerenderCache"')
  advance(minutes(5)) // her session has timed out
  expect(await clears(eve)).toBeNull()
  advance(minutes(5))
  expect(await clears(ann)).toBe('"storage", "prefetchCache", "prerenderCache"')
})

test('a second login ends the remember series of the first user and forgets it in the browser', async () => {
  const { browser } = await annAndEve()
  const shared = browser()
  await shared.post('/login', { ...ann, remember: 'yes' })
  const kept = shared.copy()
  await shared.post('/login', eve)
  expect(shared.jar.has('remember')).toBe(false)
  kept.close() // only the remember token is left
  expect((await kept.get('/profile')).to).toBe('/login?next=%2Fprofile')
  await shared.post('/login', { ...ann, remember: 'yes' })
  shared.close()
  expect(await heading(shared)).toBe('Welcome, Ann!')
})

test('a wrong password keeps the session and its cookies', async () => {
  const { browser, ...site } = await annAndEve()
  const anns = browser()
  await anns.post('/login', { ...ann, remember: 'yes' })
  await anns.get('/probe') // consumes the flash message of the login
  for (const post of [anns.post, anns.postHtmx])
    for (const fields of [
      { ...eve, password: 'wrong' },
      { ...ann, password: 'wrong' },
      { email: 'abe@example.test', password: 'x' },
      { email: '', password: '' },
    ]) {
      const { status, html, set } = await post('/login', fields)
      expect([status, set]).toEqual([422, []])
      expect(html).toContain('Please check your login details and try again.')
    }
  expect(await heading(anns)).toBe('Welcome, Ann!')
  expect((await sessions(site)).map(({ ended_reason }) => ended_reason)).toEqual([null])
  anns.close()
  expect(await heading(anns)).toBe('Welcome, Ann!')
})

test('wrong passwords in a session count as failed logins', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  for (let i = 0; i < 5; i++)
    expect((await annsBrowser.post('/login', { ...eve, password: `wrong ${i}` })).status).toBe(422)
  for (const one of [annsBrowser, browser()]) expect((await one.post('/login', eve)).status).toBe(429)
  expect(await heading(annsBrowser)).toBe('Welcome, Ann!')
})

test('a second login of the same user is a full login', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  const old = annsBrowser.copy()
  expect(await annsBrowser.post('/login', { ...ann, remember: 'yes' })).toMatchObject({ status: 303, to: '/profile' })
  expect(annsBrowser.jar.get('session')).not.toBe(old.jar.get('session'))
  expect((await old.get('/profile')).status).toBe(303)
  expect(await listActiveSessions(deps, users.ann)).toHaveLength(1)
  annsBrowser.close()
  expect(await heading(annsBrowser)).toBe('Welcome, Ann!')
})

test('five concurrent logins in one session leave no session of the first user', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  const tabs = Array.from({ length: 5 }, () => annsBrowser.copy())
  const answers = await Promise.all(tabs.map((tab) => tab.post('/login', eve)))
  expect(answers.map(({ to }) => to).filter((to) => to !== '/profile')).toEqual([])
  expect(await listActiveSessions(deps, users.ann)).toEqual([])
  for (const tab of tabs) expect(await heading(tab)).toBe('Welcome, Eve!')
})

signupTest('a form of a page of one user logs in another user in the session of a third', async () => {
  const { annsBrowser, users } = await annLoggedIn()
  const fromPageOf = ({ id }: { id: string }) => ({ 'hx-request': 'true', 'x-session-user': id })
  expect((await annsBrowser.post('/signup', abe, fromPageOf(users.eve))).status).toBe(204)
  expect((await annsBrowser.post('/login', { ...abe, password: 'wrong' }, fromPageOf(users.eve))).status).toBe(422)
  expect((await annsBrowser.post('/login', abe, fromPageOf(users.eve))).status).toBe(204)
  expect(await heading(annsBrowser)).toBe('Welcome, Abe!')
})

signupTest('a form that an error page repeated in one session works in the session of another user', async () => {
  for (const path of ['/login', '/signup'])
    for (const kind of ['post', 'postHtmx'] as const) {
      const { annsBrowser } = await annLoggedIn()
      const { html } = await annsBrowser[kind](path, { ...abe, email: eve.email, password: 'wrong' })
      const inputs = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
      const hidden = inputs.filter(([, name]) => name !== 'user_handle') // the form of a passkey is another one
      await annsBrowser.post('/login', eve) // in another tab
      const fields = { ...(path === '/login' ? ann : abe), ...Object.fromEntries(hidden.map(([, ...pair]) => pair)) }
      expect((await annsBrowser.post(path, fields)).to).toBe('/profile')
      expect(await heading(annsBrowser)).toBe(path === '/login' ? 'Welcome, Ann!' : 'Welcome, Eve!')
    }
})

test('a failed login in a remembered browser without a session restores nothing', async () => {
  const { browser } = await annAndEve()
  const anns = browser()
  await anns.post('/login', { ...ann, remember: 'yes' })
  await anns.get('/probe') // consumes the flash message of the login
  anns.close()
  expect(await anns.post('/login', { ...eve, password: 'wrong' })).toMatchObject({ status: 422, set: [] })
  expect(anns.jar.has('session')).toBe(false)
  await anns.post('/login', eve)
  expect(await heading(anns)).toBe('Welcome, Eve!')
})

signupTest.each(['POST', 'htmx'])(
  'a sign-up in a session creates the account and keeps the session (%s)',
  async (kind) => {
    const { annsBrowser, browser } = await annLoggedIn()
    const session = annsBrowser.jar.get('session')
    const post = kind === 'htmx' ? annsBrowser.postHtmx : annsBrowser.post
    expect((await post('/signup', { ...abe, next: '/dashboard' })).to).toBe('/dashboard')
    expect(annsBrowser.jar.get('session')).toBe(session)
    expect((await annsBrowser.get('/dashboard')).html).toContain(
      '<p id="flash" class="success" role="status">Account created. You are still logged in as Ann. Log out to use the new account.</p>',
    )
    expect(await heading(annsBrowser)).toBe('Welcome, Ann!')
    const abes = browser()
    expect((await abes.post('/login', abe)).to).toBe('/profile')
    expect(await heading(abes)).toBe('Welcome, Abe!')
  },
)

signupTest('a sign-up in a remembered browser shows whose session it restores', async () => {
  const { browser } = await annAndEve()
  for (const password of [abe.password, ` ${abe.password} `]) {
    const anns = browser()
    await anns.post('/login', { ...ann, remember: 'yes' })
    anns.close()
    expect((await anns.post('/signup', { ...abe, email: `a${password.length}@example.test`, password })).to).toBe(
      '/login',
    )
    expect((await anns.get('/login')).to).toBe('/profile')
    expect((await anns.get('/profile')).html).toContain('Account created. You are still logged in as Ann.')
  }
})

signupTest('a sign-up in a session has the same errors and limits as without one', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  expect((await annsBrowser.post('/signup', { ...abe, password: 'short' })).html).toContain('id="password-error"')
  for (let i = 0; i < 20; i++)
    expect((await annsBrowser.post('/signup', { ...abe, email: eve.email })).html).toContain('already exists')
  expect((await annsBrowser.post('/signup', { ...abe, email: eve.email })).status).toBe(429)
  expect((await annsBrowser.post('/signup?next=//evil.test', abe)).status).toBe(400)
  expect(await deps.db.selectFrom('users').select('id').execute()).toHaveLength(2)
  expect(await heading(annsBrowser)).toBe('Welcome, Ann!')
})

signupTest('the name in the message after a sign-up is shown as text', async () => {
  const { annsBrowser } = await annLoggedIn()
  await annsBrowser.post('/profile', { name: '<b>$& {name}</b>' })
  await annsBrowser.post('/signup', abe)
  expect((await annsBrowser.get('/probe')).html).toContain(
    'You are still logged in as &lt;b&gt;$&amp; {name}&lt;/b&gt;. Log out',
  )
  await annsBrowser.post('/signup', { ...abe, email: 'bea@example.test' })
  annsBrowser.jar.delete('session')
  expect((await annsBrowser.get('/probe')).html).not.toContain('still logged in')
})

test('a login page of a path group judges credentials in any session, and other guest forms redirect users', async () => {
  const site = await annAndEve({}, { pathGroups: { '/staff': { loginPath: '/staff-login' } } })
  for (const path of ['/staff-login', '/invitation'])
    site.app.use(
      new Elysia()
        .use(site.guards.guest)
        .post(path, ({ currentUser, reply }) => reply.text(`judged for ${currentUser?.name}`)),
    )
  const anns = await site.as(ann)
  expect(await anns.post('/staff-login')).toMatchObject({ status: 200, html: 'judged for Ann' })
  expect((await anns.post('/login/', { ...ann, password: 'wrong' })).status).toBe(422)
  expect(await anns.post('/invitation')).toMatchObject({ status: 303, to: '/profile' })
})
