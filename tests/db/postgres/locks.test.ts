import { afterEach, expect } from 'bun:test'
import { sql } from 'kysely'
import type { Deps } from '@/deps/deps'
import { accountLock, adminsLock, emailLock, limitLock, secondFactorLock, type Lock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { recordFailure } from '@/model/accounts/authenticate'
import { startAttempt } from '@/model/limits/login-attempts'
import { postgresTest } from '../../support/databases'
import { closeNodes, openNodes } from '../../support/nodes'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { client } from '../../support/open-request'
import { ann, annAndEve, eve } from '../../support/people'

const LOCKS: [string, Lock][] = [
  ['admins', adminsLock],
  ['limit', limitLock('login', '192.0.2.1')],
  ['email', emailLock(ann.email)],
  ['second-factor', secondFactorLock('1')],
  ['account', accountLock('1')],
]

type Site = Awaited<ReturnType<typeof annAndEve>>

afterEach(closeNodes)

/** Resolves once the transaction holds the locks. `end` commits it. */
async function hold({ deps }: Pick<Site, 'deps'>, ...locks: Lock[]) {
  const [held, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = () => {
    held.resolve()
    return ended.promise
  }
  const done = inTransaction(deps, work, { locks })
  await held.promise
  return async () => {
    ended.resolve()
    await done
  }
}

for (const [name, lock] of LOCKS)
  postgresTest(`a transaction with the ${name} lock waits for the one that holds it`, async () => {
    const site = await annAndEve()
    const order: string[] = []
    const end = await hold(site, lock)
    // A lock that is taken late waits in the database, and not in the queue of this process.
    const take = (deps: Deps) => inTransaction(deps, async () => void order.push('second'), { locks: [lock] })
    const second = inTransaction(site.deps, take, { locks: [] })
    await inTransaction(site.deps, async () => void order.push('other'), { locks: [accountLock('2')] })
    order.push('end')
    await end()
    await second
    expect(order).toEqual(['other', 'end', 'second'])
  })

postgresTest('a page of another user is answered while 50 logins wait for one account', async () => {
  const site = await annAndEve()
  const eves = await site.as(eve)
  const end = await hold(site, emailLock(ann.email))
  const logins = Array.from({ length: 50 }, () => startAttempt(site.deps, ann.email, client))
  expect((await eves.get('/profile')).status).toBe(200)
  await end()
  expect((await Promise.all(logins)).map(({ kind }) => kind)).toContain('attempt')
})

/** Transactions that wait in the database for the lock of another one. */
async function countWaiting({ deps }: Pick<Site, 'deps'>) {
  const waiting = sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`
  return (await waiting.execute(deps.db)).rows[0]?.count
}

async function untilWaiting(site: Pick<Site, 'deps'>, count: number) {
  while ((await countWaiting(site)) !== count) await Bun.sleep(1)
}

for (const [i, [name, lock]] of LOCKS.slice(1).entries()) {
  const [earlierName, earlier] = LOCKS[i] ?? ['', adminsLock]
  postgresTest(`the ${earlierName} lock is taken before the ${name} lock`, async () => {
    const site = await annAndEve()
    const end = await hold(site, earlier)
    const both = (deps: Deps) => inTransaction(deps, async () => undefined, { locks: [lock, earlier] })
    const waiting = inTransaction(site.deps, both, { locks: [] })
    await untilWaiting(site, 1)
    await inTransaction(site.deps, async () => undefined, { locks: [lock] })
    await end()
    await waiting
  })
}

postgresTest(
  'a login that waits three seconds for others gets 503, and the next one still waits for them',
  async () => {
    const site = await openNodes() // the site itself, not a node, has the deadlines of production
    const [eves, lock] = [await site.as(eve), emailLock(ann.email)]
    const end = await hold(site, lock)
    expect((await site.browser().post('/login', ann)).status).toBe(503)
    expect(takeLoggedErrors()).toMatchObject([
      { err: { message: 'transaction failed: others held its lock for too long' } },
    ])
    const next = inTransaction(site.deps, async () => 'done', { locks: [lock] })
    expect((await eves.get('/profile')).status).toBe(200)
    expect(await countWaiting(site)).toBe(0) // it waits in this process, without a connection
    await end()
    expect(await next).toBe('done')
    expect((await site.browser().post('/login', ann)).to).toBe('/profile')
  },
)

postgresTest('attempts from one source at different addresses do not exceed its limit', async () => {
  const { a, b } = await openNodes()
  const from = { ...client, source: '192.0.2.1' }
  const attempts = Array.from({ length: 30 }, (_, i) =>
    startAttempt((i % 2 ? a : b).deps, `unknown-${i}@example.test`, from),
  )
  const kinds = (await Promise.all(attempts)).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'attempt')).toHaveLength(a.deps.config.limits.login.source[0]?.max ?? 0)
})

postgresTest('failed logins of 200 unknown addresses, from many sources, do not wait for each other', async () => {
  const site = await openNodes()
  const end = await hold(site.a, emailLock(ann.email))
  const waiting = startAttempt(site.b.deps, ann.email, client)
  await untilWaiting(site, 1) // so the count sees one that waits
  await end()
  await waiting

  const samples: (number | undefined)[] = []
  const numbers = Array.from({ length: 200 }, (_, i) => i)
  async function failLogins({ deps }: Pick<Site, 'deps'>) {
    for (let i = numbers.pop(); i !== undefined; i = numbers.pop()) {
      const [email, from] = [`unknown-${i}@example.test`, { ...client, source: `192.0.${i % 4}.${i >> 2}` }]
      const attempt = await startAttempt(deps, email, from)
      if (attempt.kind !== 'attempt') throw new Error(`the attempt at ${email} was refused`)
      await recordFailure(deps, email, from, attempt)
    }
  }
  const running = [site.a, site.b].flatMap((node) => Array.from({ length: 10 }, () => failLogins(node)))
  while (numbers.length > 0) samples.push(await countWaiting(site))
  await Promise.all(running)
  expect(samples.length).toBeGreaterThan(20)
  expect(samples.filter((count) => count !== 0)).toEqual([])
})
