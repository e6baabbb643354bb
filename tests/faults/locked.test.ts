import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { sessionOf } from '../support/devices'
import { ann, annAndEve } from '../support/people'
import { annOnDisk } from '../support/on-disk'
import { tempDatabase } from '../support/temp'
import { makeToken } from '../support/tokens'

const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }

/** Another process holds the write lock of the database until `unlock`. */
async function lockedSite() {
  const site = await annOnDisk()
  const { text } = await makeToken(site.deps, site.users.ann, {
    name: 'x',
    scopes: ['profile:read', 'profile:write'],
    lifetime: minutes(5),
  })
  site.advance(minutes(1)) // so that the next page extends the session
  site.other.run('begin immediate')
  const authorization = { authorization: `Bearer ${text}` }
  return { ...site, authorization, unlock: () => site.other.run('rollback') }
}

signupTest(
  'a write waits for the lock of another process without blocking other requests and then succeeds',
  async () => {
    const { annsBrowser, browser, unlock } = await lockedSite()
    const saved = annsBrowser.post('/profile', { name: 'Ann Lee' })
    const signedUp = browser().post('/signup', zoe)
    for (const path of ['/healthz', '/login', '/dashboard'])
      expect([path, (await annsBrowser.copy().get(path)).status]).toEqual([path, path === '/login' ? 303 : 200])
    expect([Bun.peek.status(saved), Bun.peek.status(signedUp)]).toEqual(['pending', 'pending'])
    unlock()
    expect([(await saved).status, (await signedUp).status]).toEqual([303, 303])
    expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann Lee!')
  },
)

signupTest('a write that waits too long returns 503 with Retry-After and changes nothing', async () => {
  const { annsBrowser, authorization, browser, deps, unlock } = await lockedSite()
  const [page, part, problem, login] = await Promise.all([
    annsBrowser.post('/profile', { name: 'Ann Lee' }),
    annsBrowser.copy().postHtmx('/profile', { name: 'Ann Lee' }),
    browser().ask('/api/me', {
      method: 'PATCH',
      headers: { ...authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ann Lee' }),
    }),
    browser().post('/login', ann),
  ])
  const ids = takeLoggedErrors().flatMap(({ id }) => id ?? [])
  for (const { status, headers, html, set } of [page, part, problem, login]) {
    expect([status, headers.get('retry-after'), set]).toEqual([503, '5', []])
    expect(html).toContain('Temporarily unavailable')
    expect(ids.filter((id) => html.includes(id))).toHaveLength(1)
  }
  expect(part.headers.get('hx-retarget')).toBe('#flash')
  expect(problem.headers.get('content-type')).toContain('application/problem+json')
  unlock()
  expect((await deps.db.selectFrom('users').select('name').execute()).map(({ name }) => name)).toEqual(['Ann', 'Eve'])
  expect((await annsBrowser.post('/profile', { name: 'Ann Lee' })).status).toBe(303)
})

test('a page is shown at once while the database is locked, and the session is extended later', async () => {
  const { annsBrowser, authorization, browser, deps, unlock } = await lockedSite()
  expect((await annsBrowser.get('/profile')).html).toContain('Welcome, Ann!')
  expect((await browser().ask('/api/me', { headers: authorization })).status).toBe(200)
  const isExtended = async () => (await sessionOf({ deps }, annsBrowser)).last_seen_at === deps.now()
  expect(await isExtended()).toBe(false)
  unlock()
  while (!(await isExtended())) await Bun.sleep(5)
})

test('a public page is shown at once for an ended session while the database is locked', async () => {
  const { browser, unlock } = await lockedSite()
  const ended = { cookie: `session=${'x'.repeat(43)}` }
  expect([(await browser().get('/', ended)).status, (await browser().get('/login', ended)).status]).toEqual([200, 200])
  expect((await browser().get('/profile', ended)).to).toStartWith('/login')
  unlock()
})

test('an expired session grants no access although its end cannot be written yet', async () => {
  const { annsBrowser, deps, advance, unlock, events } = await lockedSite()
  advance(minutes(5))
  expect((await annsBrowser.get('/profile')).to).toStartWith('/relogin')
  unlock()
  while (!events.some(({ kind }) => kind === 'session-ended')) await Bun.sleep(5) // emitted after the commit
  expect(events.filter(({ kind }) => kind === 'session-ended')).toMatchObject([{ reason: 'idle' }])
  expect((await sessionOf({ deps }, annsBrowser)).ended_at).not.toBeNull()
})

test('a delayed extension does not restore a session after a delayed logout', async () => {
  const { annsBrowser, deps, unlock } = await lockedSite()
  const [tab, row] = [annsBrowser.copy(), await sessionOf({ deps }, annsBrowser)]
  const loggedOut = annsBrowser.post('/logout')
  expect((await tab.get('/profile')).status).toBe(200)
  unlock()
  await loggedOut
  await tab.get('/probe')
  expect(
    await deps.db.selectFrom('sessions').select(['ended_reason', 'last_seen_at']).where('id', '=', row.id).execute(),
  ).toMatchObject([{ ended_reason: 'logout' }])
  expect((await tab.get('/profile')).to).toStartWith('/login')
})

signupTest('a sign-up succeeds although its rate limit hit cannot be confirmed', async () => {
  const file = tempDatabase('locked')
  const other = new Database(file)
  let signUps = 0
  const lockAtThird = () => ++signUps === 3 && other.run('begin immediate') // after the account, before the hit
  const on = { 'signed-up': lockAtThird }
  const { browser, deps } = await annAndEve({ DATABASE_URL: `sqlite:${file}` }, { on })
  const { status, to } = await browser().post('/signup', zoe)
  expect([status, to, other.inTransaction]).toEqual([303, '/login', true])
  other.run('rollback')
  expect((await browser().post('/login', zoe)).status).toBe(303)
  const open = deps.db.selectFrom('rate_limit_hits').select('id').where('confirmed_at', 'is', null)
  while ((await open.execute()).length > 0) await Bun.sleep(1)
})
