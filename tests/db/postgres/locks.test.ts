import { expect } from 'bun:test'
import type { Deps } from '@/deps/deps'
import { accountLock, adminsLock, emailLock, limitLock, secondFactorLock, type Lock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { startAttempt } from '@/model/limits/login-attempts'
import { postgresTest } from '../../support/databases'
import { client } from '../../support/open-request'
import { ann, annAndEve, authenticateUser, eve } from '../../support/people'

const LOCKS: [string, Lock][] = [
  ['admins', adminsLock],
  ['limit', limitLock('login', '192.0.2.1')],
  ['email', emailLock(ann.email)],
  ['second-factor', secondFactorLock('1')],
  ['account', accountLock('1')],
]

type Site = Awaited<ReturnType<typeof annAndEve>>

/** Resolves once the transaction holds the locks. `end` commits it. */
async function hold({ deps }: Site, ...locks: Lock[]) {
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

postgresTest('failed logins of unknown addresses do not wait for the lock of another address', async () => {
  const site = await annAndEve()
  const end = await hold(site, emailLock(ann.email))
  const emails = Array.from({ length: 20 }, (_, i) => `unknown-${i}@example.test`)
  const users = await Promise.all(emails.map((email) => authenticateUser(site.deps, email, 'wrong horse')))
  expect(users).toEqual(emails.map(() => undefined))
  await end()
})
