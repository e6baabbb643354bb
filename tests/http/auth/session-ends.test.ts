import { expect, test } from 'bun:test'
import { hours, minutes, seconds } from '@/lib/duration'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { holdHashes } from '../../support/hold-hashes'
import { ann, annLoggedIn, annRemembered } from '../../support/people'

const LOGGED_OUT = { status: 303, to: '/login?next=%2Fprofile' }

test('an ended session keeps its first reason and its time', async () => {
  const { annsBrowser, deps, advance } = await annLoggedIn()
  const end = async () =>
    deps.db.selectFrom('sessions').select(['ended_reason', 'ended_at', 'last_seen_at']).executeTakeFirstOrThrow()
  advance(hours(2))
  await annsBrowser.get('/profile')
  const { ended_reason, ended_at, last_seen_at } = await end()
  expect([ended_reason, ended_at]).toEqual(['idle', last_seen_at + minutes(5)])
  await annsBrowser.post('/logout')
  expect((await end()).ended_reason).toBe('idle')
})

test('a session that passed both limits keeps the earlier one as its reason', async () => {
  const { annsBrowser, deps, advance } = await annLoggedIn({ SESSION_MAX_SECONDS: '60' })
  advance(hours(1))
  await annsBrowser.get('/profile')
  expect((await deps.db.selectFrom('sessions').select('ended_reason').executeTakeFirstOrThrow()).ended_reason).toBe(
    'absolute',
  )
})

test('a logout wins over pending requests, and none of them restores the session', async () => {
  const { annsBrowser, deps, advance } = await annLoggedIn()
  advance(minutes(1))
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

test('a logout counts for ten seconds after a rotation, and an older token ends no session', async () => {
  for (const [late, end] of [
    [seconds(10) - 1, 303],
    [seconds(10), 200],
  ] as const) {
    const { annsBrowser, advance } = await annLoggedIn({ FRESH_SECONDS: '1' })
    const old = annsBrowser.copy()
    advance(seconds(1))
    await annsBrowser.post('/relogin', { password: ann.password })
    advance(late)
    await old.post('/logout')
    expect((await annsBrowser.get('/profile')).status).toBe(end)
  }
})

test('a re-login form that a logout overtakes starts no session', async () => {
  const { annsBrowser, advance, deps } = await annLoggedIn({ FRESH_SECONDS: '1' })
  advance(1000)
  const inFlight = annsBrowser.copy()
  const { begun, release } = holdHashes(deps)
  const answered = inFlight.post('/relogin', { password: ann.password })
  await begun
  await annsBrowser.post('/logout')
  release()
  const answer = await answered
  expect(answer.set.filter((line) => /^session=[^;]/.test(line))).toEqual([])
  expect(await inFlight.get('/profile')).toMatchObject({ status: 303 })
})

test('deactivating a user ends the sessions on the next request, and activating restores none', async () => {
  const { annsBrowser, deps, users } = await annLoggedIn()
  await deactivateUser(deps, users.ann, 'command line')
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  await activateUser(deps, users.ann, 'command line')
  expect(await annsBrowser.get('/profile')).toMatchObject(LOGGED_OUT)
  expect((await annsBrowser.post('/login', ann)).status).toBe(303)
})

test('deactivating a user directly in the database ends the sessions on the next request', async () => {
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

test('an expired session keeps its own reason and time when other sessions are ended later', async () => {
  const { deps, users, advance, events, browser } = await annLoggedIn()
  advance(hours(20))
  await browser().post('/login', ann)
  const before = deps.now()
  events.length = 0
  await deactivateUser(deps, users.ann, 'command line')
  const ended = events.flatMap((event) => (event.kind === 'session-ended' ? [event.reason] : []))
  expect(ended).toEqual(['idle', 'deactivated'])
  const rows = await deps.db.selectFrom('sessions').select(['ended_at', 'ended_reason']).orderBy('created_at').execute()
  expect(rows).toEqual([
    { ended_at: before - hours(20) + minutes(5), ended_reason: 'idle' },
    { ended_at: before, ended_reason: 'deactivated' },
  ])
})
