import { expect, test } from 'bun:test'
import type { Schema } from '@db/schema'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { listSessions } from '@/model/sessions/session-list'
import { listEventsOf } from '@/model/security-events/event-list'
import { deleteBatch, type Cursor } from '@/model/retention/retention'
import { countUsed } from '@/model/mails/mail-counts'
import { cancelMail, enqueueMail } from '@/model/mails/mails'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { createUser } from '@/model/users/users'
import { days, hours, minutes, seconds } from '@/lib/duration'
import { ann, annAndEve, eve, annLoggedIn, annRemembered } from '../../support/people'
import { mailSite, type Site } from '../../support/site'

const tables = [
  'saved_requests',
  'login_failures',
  'known_devices',
  'rate_limit_hits',
  'remember_secrets',
  'remember_series',
  'sessions',
  'api_tokens',
] satisfies (keyof Schema)[]

async function runRetention({ deps }: Pick<Site, 'deps'>) {
  for (let cursor: Cursor | undefined = { table: 0, after: '' }; cursor;) cursor = await deleteBatch(deps, cursor)
}

async function counts({ deps }: Pick<Site, 'deps'>, names: readonly (keyof Schema)[] = tables) {
  const found = await Promise.all(names.map((table) => deps.db.selectFrom(table).selectAll().execute()))
  return Object.fromEntries(found.map((rows, i) => [names[i], rows.length]).filter(([, n]) => n !== 0))
}

/** Has rows in every table. */
async function siteWithRows() {
  const site = await annRemembered()
  const { annsBrowser, browser, deps, users, advance } = site
  await annsBrowser.get('/profile')
  await browser().get('/profile')
  await browser().post('/login', { ...ann, password: 'wrong' })
  await createApiToken(deps, users.ann, { name: 'x', scopes: [], lifetime: hours(1) })
  advance(minutes(5))
  await annsBrowser.post('/profile', { name: 'Anna' }, { cookie: `session=${annsBrowser.jar.get('session')}` })
  return site
}

test('active and recent rows are kept', async () => {
  const site = await siteWithRows()
  const before = await counts(site)
  expect(Object.keys(before)).toEqual(
    expect.arrayContaining(['saved_requests', 'rate_limit_hits', 'sessions', 'api_tokens']),
  )
  await runRetention(site)
  expect(await counts(site)).toEqual(before)
})

test('all other rows are deleted in the end, and users and one year of their events are kept', async () => {
  const site = await siteWithRows()
  site.advance(days(30 + 180) + minutes(6))
  await runRetention(site)
  expect(await counts(site)).toEqual({})
  expect((await listEventsOf(site.deps, site.users.ann)).events).not.toEqual([])
  site.advance(days(365))
  await runRetention(site)
  expect(await counts(site, ['security_events', 'users'])).toEqual({ users: 2 })
})

test('a session is deleted exactly 30 days after it ended or expired', async () => {
  const site = await annLoggedIn()
  const other = site.browser()
  await other.post('/login', ann)
  site.advance(minutes(2))
  await other.post('/logout')
  const counted: unknown[] = []
  for (const ms of [days(30) - 1, 1, minutes(3) - 1, 1]) {
    site.advance(ms)
    await runRetention(site)
    counted.push((await counts(site, ['sessions'])).sessions)
  }
  expect(counted).toEqual([2, 1, 1, undefined])
})

test('the list shows the last session of a remembered device, also after 60 days without use', async () => {
  const site = await annRemembered({ REMEMBER_SECONDS: `${days(90) / seconds(1)}` })
  site.advance(days(60))
  await runRetention(site)
  expect((await listSessions(site.deps, site.users.ann)).remembered).toHaveLength(1)
  expect((await site.annsBrowser.get('/profile')).status).toBe(200)
})

test('the secrets of a series that ended 30 days ago are deleted in small batches before its row', async () => {
  const site = await annRemembered()
  const { annsBrowser, deps } = site
  for (let n = 0; n < 30; n++) {
    annsBrowser.close()
    await annsBrowser.get('/profile')
  }
  await annsBrowser.post('/logout')
  site.advance(days(30))
  let most = 0
  for (let cursor: Cursor | undefined = { table: 0, after: '' }; cursor;) {
    const before = (await counts(site, ['remember_secrets'])).remember_secrets ?? 0
    cursor = await deleteBatch(deps, cursor)
    most = Math.max(most, before - ((await counts(site, ['remember_secrets'])).remember_secrets ?? 0))
  }
  expect(most).toBe(10)
  expect(await counts(site, ['remember_secrets', 'remember_series'])).toEqual({})
})

test('the secrets of an active series stay, so that a copy is detected as long as the device is remembered', async () => {
  const site = await annRemembered({ REMEMBER_SECONDS: `${days(90) / seconds(1)}` })
  const attacker = site.annsBrowser.copy()
  for (let n = 0; n < 2; n++) {
    site.annsBrowser.close()
    await site.annsBrowser.get('/profile')
    site.advance(days(31))
    await runRetention(site)
  }
  expect(await counts(site, ['remember_secrets'])).toEqual({ remember_secrets: 3 })
  await attacker.get('/profile')
  expect(site.events.filter(({ kind }) => kind === 'remember-token-reused')).toHaveLength(1)
})

test('a locked account stays locked', async () => {
  const site = await annAndEve()
  site.deps.config.limits.account.max = 1
  await site.browser().post('/login', { ...ann, password: 'wrong' })
  site.advance(days(1000))
  await runRetention(site)
  expect((await site.browser().post('/login', ann)).status).toBe(429)
})

test('a lockout ends after three years, with and without an account, so that its row does not stay for ever', async () => {
  const site = await annAndEve({ TRUST_PROXY: '1' })
  site.deps.config.limits.account.max = 1
  const addresses = [ann.email, 'unknown@example.test']
  const attempt = async (email: string) => (await site.browser().post('/login', { email, password: 'wrong' })).status
  const attempts = () => Promise.all(addresses.map(attempt))
  expect(await attempts()).toEqual([422, 422])
  const first = await site.deps.db.selectFrom('login_failures').select('retry_at').executeTakeFirstOrThrow()
  site.advance(days(3 * 365) + first.retry_at - site.deps.now() - 1)
  await runRetention(site)
  expect(await attempts()).toEqual([429, 429])
  site.advance(1)
  await runRetention(site)
  expect(await counts(site, ['login_failures'])).toEqual({})
  expect(await attempts()).toEqual([422, 422])
})

test('rate-limit hits and login failures more than a day in the future are deleted, and locked accounts stay locked', async () => {
  const site = await annAndEve()
  const { browser, deps, advance } = site
  const fail = async (email: string) => (await browser().post('/login', { email, password: 'wrong' })).status
  advance(days(1) + 1) // the clock is ahead
  for (let i = 0; i < 5; i++) await fail(ann.email)
  for (let i = 0; i < 14; i++) await fail(`unknown-${i}@example.test`)
  deps.config.limits.account.max = 1
  await fail(eve.email)
  advance(-1)
  deps.config.limits.login.source = [{ max: 21, window: minutes(10) }]
  await fail('one-day-ahead@example.test')
  advance(-days(1)) // the clock is right
  deps.config.limits.account.max = 100
  expect((await browser().post('/login', ann)).status).toBe(429)
  await runRetention(site)
  expect(await counts(site, ['rate_limit_hits', 'login_failures'])).toEqual({ rate_limit_hits: 1, login_failures: 2 })
  expect((await browser().post('/login', ann)).status).toBe(303)
  deps.config.limits.account.max = 1
  expect((await browser().post('/login', eve)).status).toBe(429)
})

test('the failure count of a known device is deleted with it, also at the maximum', async () => {
  const site = await annLoggedIn()
  await site.annsBrowser.post('/logout')
  site.deps.config.limits.device.max = 1
  await site.annsBrowser.post('/login', { ...ann, password: 'wrong' })
  site.advance(days(180) - 1)
  await runRetention(site)
  expect(await counts(site, ['login_failures', 'known_devices'])).toEqual({ login_failures: 1, known_devices: 1 })
  site.advance(1)
  await runRetention(site)
  expect(await counts(site, ['login_failures', 'known_devices'])).toEqual({})
})

test('a batch deletes at most ten rows and continues after the last one', async () => {
  const site = await annAndEve()
  const rows = Array.from({ length: 250 }, (_, i) => ({
    id: `${i}`.padStart(22, 'x'),
    limit_name: 'login' as const,
    source_hash: 'x',
    network_hash: null,
    created_at: site.deps.now() - (i % 2 ? days(1) : 0),
  }))
  await site.deps.db.insertInto('rate_limit_hits').values(rows).execute()
  const left: (number | undefined)[] = []
  for (let cursor: Cursor | undefined = { table: 0, after: '' }; cursor; cursor = await deleteBatch(site.deps, cursor))
    left.push((await counts(site, ['rate_limit_hits'])).rate_limit_hits)
  expect([...new Set(left)]).toEqual([250, 240, 230, 220, 210, 200, 190, 180, 170, 160, 150, 140, 130, 125])
})

test('sent mails are kept for 7 days, failed ones for 30, tokens until their end, and counts of mails for 400 days', async () => {
  const site = await mailSite()
  const { deps } = site
  const start = deps.now()
  const mails = async () => (await counts(site, ['mails'])).mails ?? 0
  await enqueueMail(deps, { kind: 'test', recipient: ann.email })
  await site.deliverMail()
  await cancelMail(deps, await enqueueMail(deps, { kind: 'test', recipient: ann.email }))
  await enqueueMail(deps, { kind: 'test', recipient: ann.email }) // never sent: no job runs from here on
  const user = await createUser(deps, ann)
  if (user) await issueOneTimeToken(deps, 'reset-password', user)
  await countUsed(deps, 'reset-password')
  for (const [age, left] of [
    [days(7) - 1, 3],
    [days(7), 2],
    [days(30) - 1, 2],
    [days(30), 1],
    [days(35) - 1, 1],
    [days(35), 0],
  ] as const) {
    site.setClock(start + age)
    await runRetention(site)
    expect([age / days(1), await mails()]).toEqual([age / days(1), left])
  }
  expect(await counts(site, ['one_time_tokens', 'mail_daily_counts'])).toEqual({ mail_daily_counts: 1 })
  site.setClock(start + days(401))
  await runRetention(site)
  expect(await counts(site, ['mail_daily_counts'])).toEqual({})
})

test('an earlier password hash is kept for 14 days', async () => {
  const site = await annAndEve()
  const start = site.deps.now()
  await site.deps.db
    .insertInto('previous_password_hashes')
    .values({ id: 'x', user_id: site.users.ann.id, password_hash: 'a hash', replaced_at: start })
    .execute()
  for (const [age, left] of [
    [days(14) - 1, { previous_password_hashes: 1 }],
    [days(14), {}],
  ] as const) {
    site.setClock(start + age)
    await runRetention(site)
    expect(await counts(site, ['previous_password_hashes'])).toEqual(left)
  }
})

test('a change of address is kept for 30 days, after its undo window if it was confirmed', async () => {
  const site = await annAndEve()
  const start = site.deps.now()
  const change = {
    new_email: 'new@example.test',
    new_canonical_email: 'new@example.test',
    old_email: ann.email,
    old_canonical_email: ann.email,
    requested_at: start,
    user_id: site.users.ann.id,
  }
  const confirmed = { changed_at: start, undo_expires_at: start + days(7) }
  await site.deps.db
    .insertInto('email_changes')
    .values([
      { ...change, id: 'pending' },
      { ...change, id: 'confirmed', ...confirmed },
    ])
    .execute()
  for (const [age, left] of [
    [days(30) - 1, ['confirmed', 'pending']],
    [days(30), ['confirmed']],
    [days(37) - 1, ['confirmed']],
    [days(37), []],
  ] as const) {
    site.setClock(start + age)
    await runRetention(site)
    const rows = await site.deps.db.selectFrom('email_changes').select('id').orderBy('id').execute()
    expect(rows.map(({ id }) => id)).toEqual([...left])
  }
})
