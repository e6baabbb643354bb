import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { ann, annLoggedIn, eve } from '../support/people'
import { listen } from '../support/stream'

const liveSessions = async ({ deps }: Pick<Awaited<ReturnType<typeof annLoggedIn>>, 'deps'>) =>
  (await deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).execute()).length

test('a page that polls and streams all the time expires after five minutes', async () => {
  const { annsBrowser, advance, ...site } = await annLoggedIn()
  const stream = await listen(site, annsBrowser)
  for (let passed = 0; passed < minutes(5) - seconds(1); passed += seconds(1)) {
    if (passed % seconds(30) === 0) {
      for (const answer of [
        await annsBrowser.get('/session'),
        await annsBrowser.get('/settings/sessions', { 'x-poll': '1', 'hx-request': 'true' }),
        await annsBrowser.get('/api/me'),
        await annsBrowser.get('/dashboard', { 'sec-purpose': 'prefetch' }),
        await listen(site, annsBrowser),
      ]) {
        expect(answer.status).toBe(200)
        if ('cancel' in answer) await answer.cancel()
      }
    }
    advance(seconds(1))
  }
  advance(seconds(1) - 1)
  expect((await annsBrowser.get('/session')).status).toBe(200)
  advance(1)
  expect((await annsBrowser.get('/session')).status).toBe(401)
  expect(await annsBrowser.get('/profile')).toMatchObject({ status: 303, to: '/relogin?next=%2Fprofile' })
  await stream.cancel()
})

test('a poll on an ended session sets no flash message, saves nothing and sets no cookie', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5))
  const answer = await annsBrowser.get('/settings/sessions', { 'x-poll': '1', 'hx-request': 'true' })
  expect([answer.status, answer.html, answer.set]).toEqual([401, '', []])
})

test.each<[string, string, Record<string, string>]>([
  ['a script that asks for the time left', '/session', {}],
  ['a poll', '/settings/sessions', { 'x-poll': '1' }],
  ['a prefetch', '/profile', { 'sec-purpose': 'prefetch' }],
])('%s does not consume the security alert, and the next page shows it once', async (_, path, headers) => {
  const { annsBrowser } = await annLoggedIn({ SESSION_PROTECTION: 'strong' })
  await annsBrowser.copy('Another browser').get('/profile')
  for (let i = 0; i < 2; i++) expect((await annsBrowser.get(path, headers)).set).toEqual([])
  expect((await annsBrowser.get('/profile')).to).toBe('/login?next=%2Fprofile')
  for (const isTold of [true, false])
    expect((await annsBrowser.get('/login')).html.includes('Someone may have copied your login')).toBe(isTold)
})

test.each([
  ['an ended session', minutes(5)],
  ['a stale login', 0],
])('twenty concurrent passwords on %s leave one active session and one new cookie', async (_, idle) => {
  const { annsBrowser, advance, ...site } = await annLoggedIn({ FRESH_SECONDS: '1' })
  advance(seconds(1) + idle)
  // No password is checked until the others are refused: a change of the session would give them another answer.
  const { deps } = site
  const areRefused = Promise.withResolvers<void>()
  const { run } = deps.hashQueue
  deps.hashQueue.run = (source, work) => areRefused.promise.then(() => run(source, work))
  let refused = 0
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const answer = await annsBrowser.copy().post('/relogin', { password: ann.password })
      if (answer.status === 429 && ++refused === 15) areRefused.resolve()
      return answer
    }),
  )
  // Five concurrent attempts are allowed; the others are rate-limited.
  expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(5).fill(303), ...Array(15).fill(429)])
  const given = answers.flatMap(({ set }) => set.filter((line) => line.startsWith('session=')))
  expect([await liveSessions(site), given.length]).toEqual([1, 1])
  annsBrowser.keep('session', /session=([\w-]+)/.exec(given[0] ?? '')?.[1] ?? '')
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

const EVIL = 'https://evil.test/phish'
const lures = {
  referer: EVIL,
  'hx-current-url': EVIL,
  'x-forwarded-host': 'evil.test',
  'x-original-url': '//evil.test',
}

/** The header in which the script names the user of its page. */
const ANN = 'ann’s id'

const askers: [who: string, headers: Record<string, string>, answer: { status: number; to: string }][] = [
  ['a browser', {}, { status: 303, to: '/relogin' }],
  ['htmx', { 'hx-request': 'true', 'hx-request-type': 'partial' }, { status: 401, to: '/relogin' }],
  ['a boosted form', { 'hx-request': 'true', 'hx-boosted': 'true' }, { status: 401, to: '/relogin' }],
  ['our script', { 'hx-request': 'true', 'x-session-user': ANN }, { status: 401, to: '/relogin' }],
]

test.each(askers)(
  'T1: on an ended session %s is redirected to a page of this site, regardless of its headers',
  async (...row) => {
    const [, headers, expected] = row
    const { annsBrowser, advance, users } = await annLoggedIn()
    advance(minutes(5))
    if (headers['x-session-user'] === ANN) headers['x-session-user'] = users.ann.id
    const answer = await annsBrowser.post('/profile', { name: 'x' }, { ...lures, ...headers })
    expect(answer).toMatchObject(expected)
    const back = await annsBrowser.post('/relogin', { password: ann.password }, { ...lures, ...headers })
    expect(['/profile', '/resume']).toContain(back.to ?? '')
    for (const { html, headers } of [answer, back])
      expect(`${html}${JSON.stringify([...headers])}`).not.toContain('evil')
  },
)

test('T1: a client without headers and a GET request are redirected to a page of this site', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5))
  const body = new URLSearchParams({ name: 'x' })
  expect(await annsBrowser.ask('/profile', { method: 'POST', body, headers: lures })).toMatchObject({
    status: 303,
    to: '/relogin',
  })
  expect(await annsBrowser.get('/profile', lures)).toMatchObject({ status: 303, to: '/relogin?next=%2Fprofile' })
})

test.each(['cross-site', 'same-site'])('T1: a request from another site (%s) is not redirected', async (site) => {
  const { annsBrowser, advance, deps } = await annLoggedIn()
  advance(minutes(5))
  for (const htmx of ['true', 'false']) {
    const headers = { ...lures, origin: 'https://evil.test', 'sec-fetch-site': site, 'hx-request': htmx }
    const answer = await annsBrowser.post('/profile', { name: 'x' }, headers)
    expect([answer.status, answer.to, answer.html.includes('evil')]).toEqual([403, null, false])
  }
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})

test('T14: a second login does not redirect to the page of the first login', async () => {
  const { browser } = await annLoggedIn()
  const one = browser()
  const { to } = await one.get('/settings/tokens')
  await one.get(to ?? '')
  expect((await one.post('/login', { ...ann, next: '/settings/tokens' })).to).toBe('/settings/tokens')
  for (const person of [ann, eve]) {
    await one.post('/logout')
    expect((await one.post('/login', person)).to).toBe('/profile')
  }
})

tokenTest('T14: a second login ignores a login that was left unfinished by a logout or a switch', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5))
  expect((await annsBrowser.get('/settings/tokens')).to).toBe('/relogin?next=%2Fsettings%2Ftokens')
  await annsBrowser.post('/relogin/switch-user')
  await annsBrowser.post('/logout')
  expect((await annsBrowser.post('/login', eve)).to).toBe('/profile')
})

test('T14: a second login ignores a request that was saved and sent before the first one', async () => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5))
  await annsBrowser.post('/profile', { name: 'Ann Lee' })
  expect((await annsBrowser.post('/login', ann)).to).toBe('/resume')
  await annsBrowser.post('/resume')
  advance(minutes(5))
  await annsBrowser.get('/profile')
  expect((await annsBrowser.post('/relogin', { password: ann.password })).to).toBe('/profile')
})
