import { Database } from 'bun:sqlite'
import { expect, spyOn, test } from 'bun:test'
import { hours, minutes, seconds } from '@/lib/durations'
import { activateUser, deactivateUser } from '@/model/deactivation'
import { ann, annLoggedIn, annRemembered, eve } from '../support/people'

const OPEN = { status: 200 }
const TIMED_OUT = { status: 303, to: '/relogin?next=%2Fprofile' }
const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }

test('the cookie holds 256 random bits, and the database only their hash', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const token = annsBrowser.jar.get('session') ?? ''
  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  const stored = JSON.stringify(await deps.db.selectFrom('sessions').selectAll().execute())
  expect(stored).not.toContain(token)
  expect(stored).toContain(Bun.SHA256.hash(token, 'hex'))
})

test('the cookies have the attributes of the contract', async () => {
  const { browser } = await annLoggedIn()
  const { set } = await browser().post('/login', { ...ann, remember: 'yes' })
  expect(set).toEqual([
    expect.stringMatching(/^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
    expect.stringMatching(/^remember=[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/),
    'flash=logged-in; Path=/; Max-Age=60; HttpOnly; SameSite=Lax',
  ])
  const { browser: overHttps } = await annLoggedIn({ APP_URL: 'https://app.test' })
  expect((await overHttps().post('/login', ann)).set[0]).toMatch(
    /^__Host-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
  )
})

test('a session is over at exactly five idle minutes, and each request starts them anew', async () => {
  const { annsBrowser, pass } = await annLoggedIn()
  for (let i = 0; i < 3; i++) {
    pass(minutes(5) - 1)
    expect(await annsBrowser.get('/profile')).toMatchObject(OPEN)
  }
  pass(minutes(5))
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})

test('a slide is written every five seconds: the session may end that much early, and never late', async () => {
  const { annsBrowser, deps, pass } = await annLoggedIn()
  const seenAt = async () => (await deps.db.selectFrom('sessions').select('seen_at').executeTakeFirstOrThrow()).seen_at
  const atLogin = await seenAt()
  pass(seconds(5) - 1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin)
  pass(1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin + seconds(5))
})

test.each([
  ['a hashed asset', '/favicon.ico', {}],
  ['a health check', '/healthz', {}],
  ['the public status', '/api/status', {}],
  ['a prefetch', '/profile', { 'sec-purpose': 'prefetch' }],
  ['a prerender', '/profile', { 'sec-purpose': 'prefetch;prerender' }],
  ['an older prefetch', '/profile', { purpose: 'prefetch' }],
  ['the oldest prefetch', '/profile', { 'x-moz': 'prefetch' }],
  ['a poll', '/profile', { 'x-poll': '1', 'sec-fetch-dest': 'empty' }],
  ['a stream', '/profile', { accept: 'text/event-stream', 'sec-fetch-dest': 'empty' }],
  ['a picture that a page loads', '/profile', { 'sec-fetch-dest': 'image' }],
  ['a program that reads the API', '/api/me', {}],
  ['an address that is not there', '/apple-touch-icon.png', {}],
])('%s does not slide the session', async (_, path, headers: Record<string, string>) => {
  const { annsBrowser, pass } = await annLoggedIn()
  pass(minutes(4))
  await annsBrowser.get(path, headers)
  pass(minutes(1))
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})

test('a HEAD does not slide it either', async () => {
  const { annsBrowser, pass } = await annLoggedIn()
  pass(minutes(4))
  expect((await annsBrowser.ask('/profile', { method: 'HEAD', headers: {} })).status).toBe(200)
  pass(minutes(1))
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})

test('a page, a part, a form and a public page slide it', async () => {
  const { annsBrowser, pass } = await annLoggedIn()
  const acts = [
    () => annsBrowser.get('/profile'),
    () => annsBrowser.part('/dashboard'),
    () => annsBrowser.post('/profile', { name: 'Ann' }),
    () => annsBrowser.get('/'),
  ]
  for (const act of acts) {
    pass(minutes(5) - 1)
    await act()
  }
  expect(await annsBrowser.get('/profile')).toMatchObject(OPEN)
})

test('twelve hours after the login it is over, however busy', async () => {
  const { annsBrowser, pass } = await annLoggedIn()
  for (let i = 0; i < 12 * 15 - 1; i++) {
    pass(minutes(4))
    await annsBrowser.get('/hello')
  }
  pass(minutes(4) - 1)
  expect(await annsBrowser.get('/profile')).toMatchObject(OPEN)
  pass(1)
  expect(await annsBrowser.get('/profile')).toMatchObject(TIMED_OUT)
})

test('an end keeps its reason and its time, and the first one stays', async () => {
  const { annsBrowser, deps, pass } = await annLoggedIn()
  const end = async () =>
    deps.db.selectFrom('sessions').select(['ended_reason', 'ended_at', 'seen_at']).executeTakeFirstOrThrow()
  pass(hours(2))
  await annsBrowser.get('/profile')
  const { ended_reason, ended_at, seen_at } = await end()
  expect([ended_reason, ended_at]).toEqual(['idle', seen_at + minutes(5)])
  await annsBrowser.post('/logout')
  expect((await end()).ended_reason).toBe('idle')
})

test('where both limits have passed, the one that came first is the reason', async () => {
  const { annsBrowser, deps, pass } = await annLoggedIn({ SESSION_MAX_SECONDS: '60' })
  pass(hours(1))
  await annsBrowser.get('/profile')
  expect((await deps.db.selectFrom('sessions').select('ended_reason').executeTakeFirstOrThrow()).ended_reason).toBe(
    'absolute',
  )
})

test('logout wins over requests in flight: none of them brings the session back', async () => {
  const { annsBrowser, deps, pass } = await annLoggedIn()
  pass(minutes(1))
  const tabs = Array.from({ length: 20 }, () => annsBrowser.copy())
  const answers = await Promise.all([
    ...tabs.map((tab) => tab.get('/profile')),
    annsBrowser.copy().post('/logout'),
    ...tabs.map((tab) => tab.post('/profile', { name: 'Ann' })),
  ])
  expect(
    answers.filter(({ set }) => set.some((line) => /^session=./.test(line) && !line.startsWith('session=;'))),
  ).toEqual([])
  expect(await deps.db.selectFrom('sessions').select('ended_reason').execute()).toEqual([{ ended_reason: 'logout' }])
  for (const tab of tabs) expect(await tab.get('/profile')).toMatchObject({ status: 303 })
})

test('a password typed into a form that a logout overtook opens nothing', async () => {
  const { annsBrowser, pass } = await annLoggedIn({ FRESH_SECONDS: '1' })
  pass(1000)
  const inFlight = annsBrowser.copy()
  const [, answer] = await Promise.all([
    annsBrowser.post('/logout'),
    inFlight.post('/relogin', { password: ann.password }),
  ])
  expect(answer.set.filter((line) => /^session=[^;]/.test(line))).toEqual([])
  expect(await inFlight.get('/profile')).toMatchObject({ status: 303 })
})

test('deactivating a user ends the sessions on the next request, and activating revives none', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  await deactivateUser(deps, users.ann, 'by hand')
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  await activateUser(deps, users.ann, 'by hand')
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  expect((await annsBrowser.post('/login', ann)).status).toBe(303)
})

test('so does a hand on the database: the next request looks, and remembers', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  const set = (deactivated_at: number | null) =>
    deps.db.updateTable('users').set({ deactivated_at }).where('id', '=', users.ann.id).execute()
  await set(deps.now())
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  await set(null)
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
})

test('deleting a user ends the sessions and the remembered devices', async () => {
  const { annsBrowser, deps, users } = await annRemembered()
  await annsBrowser.get('/profile')
  await deps.db.deleteFrom('users').where('id', '=', users.ann.id).execute()
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  for (const table of ['sessions', 'remember_series', 'remember_secrets'] as const)
    expect(await deps.db.selectFrom(table).selectAll().execute()).toEqual([])
})

test.each(['{"a":1}', '[1]', 'true', '123', '%ZZ', "' OR 1=1--", '<script>', 'A'.repeat(43), 'A'.repeat(9000), ''])(
  'a session cookie of %j is nobody',
  async (value) => {
    const { browser } = await annLoggedIn()
    expect(await browser().get('/profile', { cookie: `session=${value}` })).toMatchObject({ ...LOGGED_OUT, html: '' })
  },
)

test('two session cookies mean that somebody planted one: then there is none', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const eves = browser()
  await eves.post('/login', eve)
  const [anns, evils] = [annsBrowser.jar.get('session'), eves.jar.get('session')]
  for (const cookie of [`session=${evils}; session=${anns}`, `session=${anns}; session=${evils}`])
    expect(await browser().get('/profile', { cookie })).toMatchObject(LOGGED_OUT)
})

test('a look-alike of the cookie’s name is not the cookie, not even behind a byte that some call a space', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const token = annsBrowser.jar.get('session')
  for (const name of [
    'Session',
    'SESSION',
    '__Host-session',
    'xsession',
    'session ',
    '\u00A0session',
    '\tsession',
    '__proto__',
  ])
    expect(await browser().get('/profile', { cookie: `x=1; ${name}=${token}` })).toMatchObject(LOGGED_OUT)
  expect(await browser().get('/profile', { cookie: `__proto__=x; constructor=y; session=${token}` })).toMatchObject(
    OPEN,
  )
})

test('one authenticated page costs one token hash and one read of the database, and a page without a good token none', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  await annsBrowser.get('/profile')
  const [queries, hashes] = [spyOn(Database.prototype, 'query'), spyOn(Bun.SHA256, 'hash')]
  const cost = async (ask: () => Promise<unknown>) => {
    for (const spy of [queries, hashes]) spy.mockClear()
    await ask()
    return [queries.mock.calls.length, hashes.mock.calls.length]
  }
  expect(await cost(() => annsBrowser.get('/profile'))).toEqual([1, 1])
  expect(await cost(() => browser().get('/'))).toEqual([0, 0])
  expect(await cost(() => browser().get('/', { cookie: 'session=no-token' }))).toEqual([0, 0])
  for (const spy of [queries, hashes]) spy.mockRestore()
})

test.each([
  ['60', 1],
  ['3600', 5],
])('with a limit of %s seconds a slide is written every %i', async (limit, step) => {
  const { annsBrowser, deps, pass } = await annLoggedIn({ SESSION_IDLE_SECONDS: limit })
  const seenAt = async () => (await deps.db.selectFrom('sessions').select('seen_at').executeTakeFirstOrThrow()).seen_at
  const atLogin = await seenAt()
  pass(seconds(step) - 1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin)
  pass(1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin + seconds(step))
})
