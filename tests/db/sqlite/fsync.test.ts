import { expect, test } from 'bun:test'
import { engineOf } from '@db/engine/engine'
import { groupCommit } from '@db/sqlite/fsync'
import { inTransaction } from '@/deps/transaction'
import { ann, annLoggedIn } from '../../support/people'
import { openSite } from '../../support/site'
import { tempDatabase } from '../../support/temp'

const settle = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

/** The test resolves or rejects each write. */
function slowDisk() {
  const writes: PromiseWithResolvers<void>[] = []
  const write = () => {
    const one = Promise.withResolvers<void>()
    writes.push(one)
    return one.promise
  }
  return { write, writes }
}

test('a transaction resolves and emits its events after the fsync and blocks no other query', async () => {
  const { deps, events } = await openSite()
  const { write, writes } = slowDisk()
  engineOf(deps.db).waitForFsync = write
  let isResolved = false
  const committed = inTransaction(deps, async ({ emit }) => emit({ kind: 'rate-limited', by: 'source' }), {
    locks: [],
  }).then(() => (isResolved = true))
  await settle()
  expect([writes.length, isResolved, events]).toEqual([1, false, []])
  await deps.db.insertInto('login_failures').values({ key_hash: 'a', count: 1, retry_at: 1, expires_at: 1 }).execute()
  writes[0]?.resolve()
  await committed
  expect(events).toHaveLength(1)
})

test('concurrent callers share one fsync that starts after their call', async () => {
  const { write, writes } = slowDisk()
  const commit = groupCommit(write)
  const done: string[] = []
  const commitAs = (name: string) => commit().then(() => done.push(name))
  const all = [commitAs('first'), commitAs('second'), commitAs('third')]
  await settle()
  expect(writes.length).toBe(1)
  writes[0]?.resolve()
  await settle()
  expect([done, writes.length]).toEqual([['first'], 2])
  writes[1]?.resolve()
  await Promise.all(all)
  expect([done, writes.length]).toEqual([['first', 'second', 'third'], 2])
})

test('only one fsync runs at a time', async () => {
  let [running, maxRunning] = [0, 0]
  const commit = groupCommit(async () => {
    maxRunning = Math.max(maxRunning, ++running)
    for (let i = 0; i < 3; i++) await Promise.resolve()
    running--
  })
  const all: Promise<void>[] = []
  for (let i = 0; i < 100; i++) {
    all.push(commit())
    await Promise.resolve()
  }
  await Promise.all(all)
  expect(maxRunning).toBe(1)
})

test('a failed fsync rejects the transaction and emits no event, and the next fsync is tried again', async () => {
  const { deps, events } = await openSite()
  const { write, writes } = slowDisk()
  engineOf(deps.db).waitForFsync = groupCommit(write)
  const emitInTransaction = () =>
    inTransaction(deps, async ({ emit }) => emit({ kind: 'rate-limited', by: 'source' }), { locks: [] })
  const failed = emitInTransaction()
  await settle()
  writes[0]?.reject(new Error('disk failure'))
  await expect(failed).rejects.toThrow('disk failure')
  expect(events).toEqual([])
  const done = emitInTransaction()
  await settle()
  writes[1]?.resolve()
  await done
  expect(events).toHaveLength(1)
})

test('a logout, a new password and a new name wait for the fsync, and a page, a login and a wrong password do not', async () => {
  const { deps, annsBrowser, browser } = await annLoggedIn()
  let fsyncs = 0
  engineOf(deps.db).waitForFsync = async () => void fsyncs++
  const waitsForFsync = async (request: () => Promise<unknown>) => {
    const before = fsyncs
    await request()
    return fsyncs > before
  }
  const change = { password: ann.password, new_password: 'five boxing wizards' }
  expect(await waitsForFsync(() => annsBrowser.get('/profile'))).toBe(false)
  expect(await waitsForFsync(() => browser().post('/login', ann))).toBe(false)
  expect(await waitsForFsync(() => browser().post('/login', { ...ann, password: 'wrong' }))).toBe(false)
  expect(await waitsForFsync(() => annsBrowser.post('/settings/password', change))).toBe(true)
  expect(await waitsForFsync(() => annsBrowser.post('/profile', { name: 'Anna' }))).toBe(true)
  expect(await waitsForFsync(() => annsBrowser.post('/logout'))).toBe(true)
})

test('a database file waits for its fsync, and an in-memory database has none', async () => {
  const { deps } = await openSite({
    DATABASE_URL: `sqlite:${tempDatabase()}`,
  })
  const written = engineOf(deps.db).waitForFsync()
  expect(written).toBeInstanceOf(Promise)
  await written
  await deps.db.destroy()
  expect(engineOf((await openSite()).deps.db).waitForFsync()).toBeUndefined()
})
