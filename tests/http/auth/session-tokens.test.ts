import { expect, spyOn, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { at, isDocument } from '../../support/every-route'
import { ann, annLoggedIn, eve } from '../../support/people'
import { spyOnQueries } from '../../support/statements'

const OPEN = { status: 200 }
const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }

test('the session cookie holds 256 random bits, and the database holds only their hash', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const token = annsBrowser.jar.get('session') ?? ''
  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  const stored = JSON.stringify(await deps.db.selectFrom('sessions').selectAll().execute())
  expect(stored).not.toContain(token)
  expect(stored).toContain(Bun.SHA256.hash(token, 'hex'))
})

test('no page and no header repeats the session token', async () => {
  const { annsBrowser, app, users } = await annLoggedIn()
  const token = annsBrowser.jar.get('session') ?? ''
  const documents = app.routes.filter(isDocument)
  expect(documents.length).toBeGreaterThan(15)
  for (const one of documents) {
    const { html, headers } = await annsBrowser.get(at(one, users.ann.id))
    expect(html + JSON.stringify([...headers])).not.toContain(token)
  }
})

test('the cookies have the attributes of the contract', async () => {
  const { browser } = await annLoggedIn()
  const { set } = await browser().post('/login', { ...ann, remember: 'yes' })
  expect(set).toEqual([
    expect.stringMatching(/^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
    expect.stringMatching(/^device=[\w-]{43}; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Lax$/),
    expect.stringMatching(/^remember=[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/),
    'flash=logged-in; Path=/; Max-Age=60; HttpOnly; SameSite=Lax',
  ])
  const { browser: overHttps } = await annLoggedIn({ APP_URL: 'https://app.test' })
  expect((await overHttps().post('/login', ann)).set[0]).toMatch(
    /^__Host-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
  )
})

test.each(['{"a":1}', '[1]', 'true', '123', '%ZZ', "' OR 1=1--", '<script>', 'A'.repeat(43), 'A'.repeat(9000), ''])(
  'a session cookie of %j does not authenticate',
  async (value) => {
    const { browser } = await annLoggedIn()
    expect(await browser().get('/profile', { cookie: `session=${value}` })).toMatchObject({ ...LOGGED_OUT, html: '' })
  },
)

test('two session cookies authenticate no user, because one may be planted', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const eves = browser()
  await eves.post('/login', eve)
  const [anns, evils] = [annsBrowser.jar.get('session'), eves.jar.get('session')]
  for (const cookie of [`session=${evils}; session=${anns}`, `session=${anns}; session=${evils}`])
    expect(await browser().get('/profile', { cookie })).toMatchObject(LOGGED_OUT)
})

test('a cookie with a similar name is not the session cookie, also after unusual whitespace', async () => {
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

test('an authenticated page costs one hash and one read, and a page without a valid token costs none', async () => {
  const { annsBrowser, browser, deps } = await annLoggedIn()
  await annsBrowser.get('/profile')
  const [queries, hashes] = [spyOnQueries(deps), spyOn(Bun.SHA256, 'hash')]
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
])('with a limit of %s seconds an extension is written every %i seconds', async (limit, step) => {
  const { annsBrowser, deps, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: limit })
  const seenAt = async () =>
    (await deps.db.selectFrom('sessions').select('last_seen_at').executeTakeFirstOrThrow()).last_seen_at
  const atLogin = await seenAt()
  advance(seconds(step) - 1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin)
  advance(1)
  await annsBrowser.get('/profile')
  expect(await seenAt()).toBe(atLogin + seconds(step))
})
