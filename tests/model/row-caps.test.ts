import { expect, test } from 'bun:test'
import type { MailKind } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import { userLocks, emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, minutes } from '@/lib/duration'
import { authenticate } from '@/model/accounts/authenticate'
import { createApiToken, listApiTokensOf, revokeApiToken } from '@/model/api-tokens/api-tokens'
import { listSessions } from '@/model/sessions/session-list'
import { forgetKnownDevicesOf, rememberKnownDevice } from '@/model/limits/known-devices'
import { failMail } from '@/model/mails/fail-mails'
import { enqueueMail } from '@/model/mails/mails'
import { startSeries } from '@/model/sessions/remember-series'
import { listEventsOf } from '@/model/security-events/event-list'
import { recordFailedLogin } from '@/model/security-events/failed-logins'
import { recordEvent } from '@/model/security-events/security-events'
import { endSeries, endSession } from '@/model/sessions/end'
import { startSession } from '@/model/sessions/sessions'
import { deleteBatch, type Cursor } from '@/model/retention/retention'
import { client } from '../support/open-request'
import { annAndEve, annRemembered } from '../support/people'

type Site = Awaited<ReturnType<typeof annAndEve>>

async function siteWithCaps(caps: Partial<Site['deps']['config']['rowCaps']['perUser']>) {
  const site = await annAndEve()
  Object.assign(site.deps.config.rowCaps.perUser, caps)
  const { deps, users, advance } = site
  const start = (user = users.ann) => {
    advance(1)
    return inTransaction(
      deps,
      async (deps) => {
        const started = await startSession(deps, user, client, { origin: 'password', amr: ['password'], isFresh: true })
        if (!started) throw new Error('the login was rejected')
        return started.session
      },
      { locks: userLocks(user) },
    )
  }
  const remember = async (user = users.ann) => {
    const session = await start(user)
    await inTransaction(deps, (deps) => startSeries(deps, session, days(30)), { locks: userLocks(user) })
    return session
  }
  return { ...site, start, remember }
}

const ids = async ({ deps }: Pick<Site, 'deps'>, table: 'sessions' | 'remember_series' | 'api_tokens') =>
  (await deps.db.selectFrom(table).select('id').execute()).map(({ id }) => id)

const count = async ({ deps }: Pick<Site, 'deps'>, table: keyof Schema) =>
  (await deps.db.selectFrom(table).selectAll().execute()).length

async function runRetention({ deps }: Pick<Site, 'deps'>) {
  for (let cursor: Cursor | undefined = { table: 0, after: '' }; cursor;) cursor = await deleteBatch(deps, cursor)
}

test('only the newest ended sessions of a user are kept, whether they were ended or timed out', async () => {
  const site = await siteWithCaps({ endedSessions: 3 })
  const { deps, start, advance, users } = site
  const eves = await start(users.eve)
  const ended = [await start(), await start()]
  for (const session of ended) {
    await endSession(deps, session, 'revoked')
    advance(1)
  }
  const timedOut = [await start(), await start()]
  advance(minutes(5))
  const active = await start()
  const remaining = await ids(site, 'sessions')
  const expected = [eves, ended[1], ...timedOut, active].map((session) => session?.id ?? '')
  expect(remaining.toSorted()).toEqual(expected.toSorted())
})

test('the last session of a remembered device is kept beyond the newest ended ones', async () => {
  const site = await siteWithCaps({ endedSessions: 2 })
  const { deps, start, remember, advance, users } = site
  await remember()
  advance(minutes(5))
  for (let n = 0; n < 4; n++) {
    await start()
    advance(minutes(5))
  }
  await start()
  expect((await listSessions(deps, users.ann)).remembered).toHaveLength(1)
  expect(await count(site, 'sessions')).toBe(1 + 2 + 1)
})

test('only the newest ended sessions of a remembered device are kept', async () => {
  const site = await annRemembered()
  site.deps.config.rowCaps.perUser.endedSessions = 2
  for (let n = 0; n < 5; n++) {
    site.annsBrowser.close()
    site.advance(minutes(1))
    expect((await site.annsBrowser.get('/profile')).status).toBe(200)
  }
  expect(await count(site, 'sessions')).toBe(2 + 1)
})

test('the oldest of too many remembered devices ends when another one is remembered', async () => {
  const site = await siteWithCaps({ activeSeries: 3 })
  const { deps, remember, users, events } = site
  const sessions = [await remember(), await remember(), await remember()]
  await remember(users.eve)
  expect(events.filter(({ kind }) => kind === 'session-ended')).toEqual([])
  await remember()
  expect(events.filter(({ kind }) => kind === 'session-ended')).toEqual([
    { kind: 'session-ended', userId: users.ann.id, sessionId: sessions[0]?.id ?? '', reason: 'revoked' },
  ])
  const active = deps.db.selectFrom('remember_series').select('id').where('ended_at', 'is', null)
  expect(await active.where('user_id', '=', users.ann.id).execute()).toHaveLength(3)
})

test('only the newest ended remember series of a user are kept, and their secrets with them', async () => {
  const site = await siteWithCaps({ endedSeries: 2 })
  const { deps, remember, advance, users } = site
  await remember(users.eve)
  for (let n = 0; n < 4; n++) {
    await remember()
    const own = deps.db.selectFrom('remember_series').select('id').where('user_id', '=', users.ann.id)
    for (const { id } of await own.execute()) await endSeries(deps, users.ann.id, id, 'revoked')
    advance(1)
  }
  await remember()
  expect(await count(site, 'remember_series')).toBe(1 + 2 + 1)
  expect(await count(site, 'remember_secrets')).toBe(1 + 2 + 1)
})

test('a remember series with too many used secrets ends, and none of them is deleted', async () => {
  const site = await annRemembered()
  site.deps.config.rowCaps.secretsPerSeries = 3
  const { annsBrowser, advance, deps } = site
  const restore = async () => {
    annsBrowser.close()
    advance(minutes(1))
    return (await annsBrowser.get('/profile')).status
  }
  expect([await restore(), await restore(), await restore()]).toEqual([200, 200, 200])
  expect(await count(site, 'remember_secrets')).toBe(4)
  expect(await restore()).toBe(303)
  const series = deps.db.selectFrom('remember_series').select('ended_reason')
  expect(await series.execute()).toEqual([{ ended_reason: 'revoked' }])
  expect(await count(site, 'remember_secrets')).toBe(4)
})

test('a copied token is detected as long as its series is active', async () => {
  const site = await annRemembered()
  site.deps.config.rowCaps.secretsPerSeries = 3
  const attacker = site.annsBrowser.copy()
  for (let n = 0; n < 3; n++) {
    site.annsBrowser.close()
    site.advance(minutes(1))
    await site.annsBrowser.get('/profile')
  }
  await attacker.get('/profile')
  expect(site.events.filter(({ kind }) => kind === 'remember-token-reused')).toHaveLength(1)
})

test('the oldest of too many known devices is forgotten', async () => {
  const site = await siteWithCaps({ knownDevices: 2 })
  const { deps, users } = site
  const start = deps.now()
  for (const user of [users.eve, users.ann, users.ann, users.ann]) {
    await inTransaction(deps, (deps) => rememberKnownDevice(deps, user), { locks: userLocks(user) })
    site.advance(1)
  }
  const known = await deps.db.selectFrom('known_devices').select('known_at').orderBy('known_at').execute()
  expect(known.map(({ known_at }) => known_at - start)).toEqual([0, 2, 3])
})

test('a forgotten device takes its failed attempts with it', async () => {
  const site = await siteWithCaps({ knownDevices: 2 })
  const { deps, users, advance } = site
  for (let n = 0; n < 4; n++) {
    advance(1)
    const deviceToken = await inTransaction(deps, (deps) => rememberKnownDevice(deps, users.ann), {
      locks: userLocks(users.ann),
    })
    await authenticate(deps, users.ann.email, 'wrong', { ...client, deviceToken })
  }
  expect(await count(site, 'login_failures')).toBe(2)
  await inTransaction(deps, (deps) => forgetKnownDevicesOf(deps, users.ann), { locks: userLocks(users.ann) })
  expect(await count(site, 'login_failures')).toBe(0)
})

test('only the newest revoked or expired API tokens of a user are kept', async () => {
  const site = await siteWithCaps({ endedApiTokens: 3 })
  const { deps, users, advance } = site
  const create = async (lifetime: number) => {
    advance(1)
    const result = await createApiToken(deps, users.ann, { name: 'x', scopes: [], lifetime })
    if (result.kind !== 'created') throw new Error(result.kind)
    return result.token.id
  }
  const created: string[] = []
  for (let n = 0; n < 3; n++) {
    created.push(await create(days(30)))
    await revokeApiToken(deps, users.ann, created.at(-1) ?? '')
    created.push(await create(minutes(1)))
    advance(minutes(1))
  }
  const active = await create(days(1))
  expect((await ids(site, 'api_tokens')).toSorted()).toEqual([...created.slice(-3), active].toSorted())
  expect((await listApiTokensOf(deps, users.ann)).map(({ id }) => id)).toEqual([active])
})

test('logins and API tokens push out only events of their own group', async () => {
  const site = await siteWithCaps({ securityEventsPerGroup: 3 })
  const { deps, users } = site
  const userId = users.ann.id
  await recordEvent(deps, { kind: 'password-changed', userId, by: userId, how: 'form' })
  for (let n = 0; n < 5; n++)
    await recordEvent(deps, { kind: 'token-created', userId, tokenId: 'x' }, { subject: `${n}` })
  for (let n = 0; n < 5; n++)
    await recordEvent(deps, { kind: 'logged-in', userId, sessionId: 'x', remembered: false, amr: 'password' })
  const { events } = await listEventsOf(deps, users.ann)
  expect(events.map(({ kind, subject }) => subject ?? kind)).toEqual([
    'logged-in',
    'logged-in',
    'logged-in',
    '4',
    '3',
    '2',
    'password-changed',
    'signed-up',
  ])
  const restored = { kind: 'session-restored', userId, sessionId: 'x' } as const
  for (let n = 0; n < 2; n++) await recordEvent(deps, restored)
  expect(await count(site, 'security_events')).toBe(8 + 1) // the second replaces the first
  for (let n = 0; n < 3; n++) await recordEvent(deps, { kind: 'user-activated', userId, by: 'cli' })
  expect((await listEventsOf(deps, users.ann)).events.map(({ kind }) => kind)).not.toContain('password-changed')
  expect(await count(site, 'security_events')).toBe(9 + 1)
})

test.each(['failed_logins', 'login_failures', 'rate_limit_hits'] as const)(
  'the retention job deletes the oldest rows of %s above the cap, and keeps locked accounts',
  async (table) => {
    const site = await annAndEve()
    const { deps } = site
    Object.assign(deps.config.rowCaps.inTotal, { failedLogins: 25, loginFailures: 25, rateLimitHits: 25 })
    const at = deps.now()
    const expires_at = at + days(30)
    const name = (n: number) => `${999 - n}` // not in the order of the keys
    const lock = { key_hash: 'locked', count: 100, retry_at: at, expires_at: null }
    await deps.db.insertInto('login_failures').values(lock).execute()
    for (let n = 0; n < 60; n++) {
      const failed = { kind: 'wrong-password', browser: '', ip: '', created_at: at + n, count: 1 } as const
      const hit = {
        limit_name: 'login',
        source_hash: 'x',
        network_hash: null,
        created_at: at + n,
        confirmed_at: at + n,
      } as const
      const rows = {
        failed_logins: () => deps.db.insertInto('failed_logins').values({ email_hash: name(n), id: 'x', ...failed }),
        login_failures: () =>
          deps.db.insertInto('login_failures').values({ key_hash: name(n), count: 1, retry_at: at + n, expires_at }),
        rate_limit_hits: () => deps.db.insertInto('rate_limit_hits').values({ id: name(n), ...hit }),
      }
      await rows[table]().execute()
    }
    await runRetention(site)
    const key = { failed_logins: 'email_hash', login_failures: 'key_hash', rate_limit_hits: 'id' }[table]
    const left = await deps.db.selectFrom(table).selectAll().execute()
    const keys = left.map((row) => Object.entries(row).find(([column]) => column === key)?.[1])
    const newest = Array.from({ length: 20 }, (_, n) => name(40 + n))
    expect(keys.toSorted()).toEqual([...newest, ...(table === 'login_failures' ? ['locked'] : [])].toSorted())
  },
)

test('above the cap, mails that forms asked for give way, but no waiting mail and no mail of a user', async () => {
  const site = await annAndEve()
  const { deps, users } = site
  deps.config.rowCaps.inTotal.mails = 25
  const queue = async (kind: MailKind, user?: typeof users.ann) => {
    const ids = []
    for (let i = 0; i < 20; i++) ids.push(await enqueueMail(deps, { kind, recipient: 'ann@example.test', user }))
    return ids
  }
  const kept = [...(await queue('reset-password')), ...(await queue('password-changed', users.ann))]
  const finished = [...(await queue('reset-password')), ...kept.slice(20)]
  for (const id of finished) await failMail(deps, { id }, 'cancelled')
  await runRetention(site)
  const left = await deps.db.selectFrom('mails').select('id').execute()
  expect(left.map(({ id }) => id).toSorted()).toEqual(kept.toSorted())
})

test('above the cap, the oldest sign-ups that wait for a confirmation give way', async () => {
  const site = await annAndEve()
  const { deps } = site
  deps.config.rowCaps.inTotal.pendingSignups = 25
  for (let n = 0; n < 60; n++) {
    const email = `zoe${n}@example.test`
    const text = { name: 'Zoe', password_hash: 'a hash', flow_hash: email, email, canonical_email: email }
    const row = { id: `${999 - n}`, ...text, created_at: deps.now() + n, expires_at: deps.now() + days(1) }
    await deps.db.insertInto('pending_signups').values(row).execute()
  }
  await runRetention(site)
  const left = await deps.db.selectFrom('pending_signups').select('email').execute()
  const newest = Array.from({ length: 20 }, (_, n) => `zoe${40 + n}@example.test`)
  expect(left.map(({ email }) => email).toSorted()).toEqual(newest)
})

const failedLogin = (n: number, ip: string, at: number) =>
  ({ email_hash: `${n}`, id: 'x', kind: 'wrong-password', browser: '', ip, created_at: at, count: 1 }) as const

test('above the cap, the network with the most failed logins gives way, and the rows of others stay', async () => {
  const site = await annAndEve()
  const { deps } = site
  deps.config.rowCaps.inTotal.failedLogins = 100
  const rows = Array.from({ length: 30 }, (_, n) => failedLogin(n, `198.51.100.${n % 10}`, deps.now()))
  const flood = Array.from({ length: 2000 }, (_, n) => failedLogin(100 + n, '192.0.2.x', deps.now()))
  await deps.db.insertInto('failed_logins').values(rows).execute()
  for (let n = 0; n < flood.length; n += 500)
    await deps.db
      .insertInto('failed_logins')
      .values(flood.slice(n, n + 500))
      .execute()
  await runRetention(site)
  const left = await deps.db.selectFrom('failed_logins').select('ip').execute()
  expect(left.length).toBeWithin(80, 300) // estimated from a sample
  expect(left.filter(({ ip }) => ip !== '192.0.2.x')).toHaveLength(30)
})

test('above the cap, a flood of single failures ends neither the backoff nor the lockout of an account', async () => {
  const site = await annAndEve()
  const { deps } = site
  deps.config.rowCaps.inTotal.loginFailures = 100
  const at = deps.now()
  const failures = (key_hash: string, count: number) => ({
    key_hash,
    count,
    retry_at: at,
    expires_at: count === 100 ? null : at + days(30),
  })
  const kept = [failures('backoff', 6), failures('locked', 100)]
  await deps.db.insertInto('login_failures').values(kept).execute()
  for (let n = 0; n < 4; n++) {
    const flood = Array.from({ length: 500 }, (_, i) => failures(`flood ${n} ${i}`, 1))
    await deps.db.insertInto('login_failures').values(flood).execute()
  }
  await runRetention(site)
  const left = await deps.db.selectFrom('login_failures').select('key_hash').execute()
  expect(left.length).toBeWithin(80, 300)
  expect(left.filter(({ key_hash }) => !key_hash.startsWith('flood')).map(({ key_hash }) => key_hash)).toEqual([
    'backoff',
    'locked',
  ])
})

test('above the cap, lockouts of many addresses give way as well, so that they cannot fill the disk', async () => {
  const site = await annAndEve()
  const { deps } = site
  deps.config.rowCaps.inTotal.loginFailures = 50
  const rows = Array.from({ length: 200 }, (_, n) => ({
    key_hash: `${n}`,
    count: 100,
    retry_at: deps.now(),
    expires_at: null,
  }))
  await deps.db.insertInto('login_failures').values(rows).execute()
  await runRetention(site)
  expect(await count(site, 'login_failures')).toBe(50)
})

test('deleted rows in between do not count towards a cap', async () => {
  const site = await annAndEve()
  const { deps } = site
  deps.config.rowCaps.inTotal.failedLogins = 100
  const rows = Array.from({ length: 1000 }, (_, n) => failedLogin(n, `${n}`, deps.now()))
  for (const half of [rows.slice(0, 500), rows.slice(500)])
    await deps.db.insertInto('failed_logins').values(half).execute()
  const kept = rows.filter((_, n) => n % 20 === 0).map(({ email_hash }) => email_hash)
  await deps.db.deleteFrom('failed_logins').where('email_hash', 'not in', kept).execute()
  await runRetention(site)
  expect(await count(site, 'failed_logins')).toBe(50)
})

test('only the newest failed logins of an email address are kept, with and without an account', async () => {
  const { deps, advance, users } = await annAndEve()
  deps.config.rowCaps.failedLoginsPerEmail = 3
  const fail = async (email: string, userAgent: string) => {
    advance(1)
    await inTransaction(deps, (deps) => recordFailedLogin(deps, email, 'wrong-password', { ...client, userAgent }), {
      locks: [emailLock(email)],
    })
  }
  await fail(users.eve.email, 'Eve')
  for (const email of [users.ann.email, 'unknown@example.com'])
    for (const number of [1, 2, 3, 4, 5]) await fail(email, `Browser ${number}`)
  const rows = await deps.db.selectFrom('failed_logins').select('browser').orderBy('created_at').execute()
  const newest = ['“Browser 3”', '“Browser 4”', '“Browser 5”']
  expect(rows.map(({ browser }) => browser)).toEqual(['“Eve”', ...newest, ...newest])
})
