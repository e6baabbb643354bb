import { expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { Kysely } from 'kysely'
import { dialectOf } from '@db/dialect'
import { createFlush } from '@db/flush'

// A power cut must not undo what was answered.

type Notes = { notes: { text: string } }

/** A database on a disk that takes as long to write as the test wants. */
function onSlowDisk() {
  const flushes: PromiseWithResolvers<void>[] = []
  const sync = () => {
    const flush = Promise.withResolvers<void>()
    flushes.push(flush)
    return flush.promise
  }
  const sqlite = new Database(':memory:')
  sqlite.run('create table notes (text text)')
  const disk = createFlush('wal', { open: () => Promise.resolve(1), sync, close: () => Promise.resolve() })
  return { db: new Kysely<Notes>({ dialect: dialectOf(sqlite, () => sqlite.close(), disk) }), flushes }
}

const keep = (db: Kysely<Notes>, text: string) => db.insertInto('notes').values({ text }).execute()

const settle = async () => {
  for (let i = 0; i < 50; i++) await new Promise(setImmediate)
}

test('a transaction that wrote waits for the disk, and holds up nobody meanwhile', async () => {
  const { db, flushes } = onSlowDisk()
  let isAnswered = false
  const answered = db
    .transaction()
    .execute((db) => keep(db, 'a'))
    .then(() => (isAnswered = true))
  await settle()
  expect([flushes.length, isAnswered]).toEqual([1, false])
  await keep(db, 'b')
  expect(await db.selectFrom('notes').select('text').execute()).toHaveLength(2)
  flushes[0]?.resolve()
  await answered
})

test('those who wait at once wait for one flush, and it is one that began after their commit', async () => {
  const { db, flushes } = onSlowDisk()
  const all = ['a', 'b', 'c', 'd'].map((name) => db.transaction().execute((db) => keep(db, name)))
  await settle()
  expect(flushes.length).toBe(1)
  flushes[0]?.resolve()
  await all[0]
  await settle()
  expect(flushes.length).toBe(2)
  flushes[1]?.resolve()
  await Promise.all(all)
})

test('nothing is waited for where nothing was written, or nothing that matters', async () => {
  const { db, flushes } = onSlowDisk()
  await db.transaction().execute((db) => db.selectFrom('notes').select('text').execute())
  await keep(db, 'a')
  expect(flushes).toEqual([])
})

test('where the disk fails nothing is said to be done, and the next one is tried anew', async () => {
  const { db, flushes } = onSlowDisk()
  const failed = db.transaction().execute((db) => keep(db, 'a'))
  await settle()
  flushes[0]?.reject(new Error('the disk is gone'))
  expect(failed).rejects.toThrow('the disk is gone')
  const done = db.transaction().execute((db) => keep(db, 'b'))
  await settle()
  flushes[1]?.resolve()
  await done
})
