import { afterEach, expect } from 'bun:test'
import { sql, type Generated, type Kysely } from 'kysely'
import { engineOf } from '@db/engine/engine'
import { isRetryable } from '@db/errors'
import { openDb } from '@db/open'
import type { Schema } from '@db/schema'
import { sendWrite } from '@db/send-write'
import { createEmptyDatabase, postgresTest } from '../../support/databases'
import { startRelay } from '../../support/relay'

type Words = Kysely<Schema & { words: { id: Generated<number>; word: string } }>

const closers: (() => unknown)[] = []

afterEach(() => Promise.all(closers.splice(0).map((close) => close())))

/** One connection to a new database with an empty table `words`, through a relay that counts round trips. */
async function openWords(server: string) {
  const url = new URL(await createEmptyDatabase(server))
  const relay = startRelay(url)
  url.host = `127.0.0.1:${relay.port}`
  const opened = await openDb(url.href, { pool: 1 })
  const db = opened.withTables<{ words: { id: Generated<number>; word: string } }>()
  closers.push(async () => {
    await opened.destroy()
    relay.stop()
  })
  await sql`create table words (id serial primary key, word text collate "C" not null unique)`.execute(db)
  const list = async (from: Words = db) =>
    (await from.selectFrom('words').select('word').where('id', '>', 0).orderBy('id').execute()).map(({ word }) => word)
  const send = (to: Words, word: string) => sendWrite(to, db.insertInto('words').values({ word }))
  /** Those that the driver counts, and those that the relay counts. */
  const roundTripsDuring = async (work: () => Promise<unknown>) => {
    const { counts } = engineOf(opened)
    const before = counts?.roundTrips ?? 0
    const onTheWire = await relay.countDuring(work)
    return { counted: (counts?.roundTrips ?? 0) - before, onTheWire }
  }
  return { db, list, send, roundTripsDuring }
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

const UNIQUE_VIOLATION = { errno: '23505', constraint: 'words_word_key' }

postgresTest(
  'writes without a reader are sent with the next statement, and the driver counts as the network does',
  async (server) => {
    const { db, list, send, roundTripsDuring } = await openWords(server)
    const replaceWords = () =>
      db.transaction().execute(async (transaction) => {
        expect(await list(transaction)).toHaveLength(2)
        await sendWrite(transaction, db.deleteFrom('words').where('id', '>', 0))
        await send(transaction, 'one')
        expect(await list(transaction)).toEqual(['one'])
        await send(transaction, 'two')
      })
    const addTwo = () =>
      db.transaction().execute(async (transaction) => {
        await send(transaction, 'one')
        await send(transaction, 'two')
      })
    await addTwo()
    await replaceWords() // Bun asks once for the types of each statement
    // A read with begin, a read with two writes, and the commit with one.
    expect(await roundTripsDuring(replaceWords)).toEqual({ counted: 3, onTheWire: 3 })
    expect(await list()).toEqual(['one', 'two'])
    await db.deleteFrom('words').execute()
    // The first write waits for begin.
    expect(await roundTripsDuring(addTwo)).toEqual({ counted: 2, onTheWire: 2 })
    expect(await roundTripsDuring(() => list())).toEqual({ counted: 1, onTheWire: 1 })
    expect(await list()).toEqual(['one', 'two'])
  },
)

postgresTest(
  'the next read reports the first write that failed, and the transaction leaves nothing',
  async (server) => {
    const { db, list, send } = await openWords(server)
    await send(db, 'one')
    for (let attempt = 1; attempt <= 2; attempt++) {
      // with statements that are new to the connection, and then known
      let isReached = false
      const failed = db.transaction().execute(async (transaction) => {
        await list(transaction)
        await send(transaction, 'two')
        await send(transaction, 'one')
        await sendWrite(transaction, db.deleteFrom('words').where('id', '>', 0))
        isReached = true
        await list(transaction)
        throw new Error('the read succeeded')
      })
      expect(await errorOf(failed)).toMatchObject(UNIQUE_VIOLATION)
      expect(isReached).toBe(true)
      expect(await list()).toEqual(['one'])
    }
  },
)

postgresTest('the commit reports a write that failed', async (server) => {
  const { db, list, send } = await openWords(server)
  await send(db, 'one')
  for (let attempt = 1; attempt <= 2; attempt++) {
    const failed = db.transaction().execute(async (transaction) => {
      await list(transaction)
      await send(transaction, 'two')
      await send(transaction, 'one')
    })
    expect(await errorOf(failed)).toMatchObject(UNIQUE_VIOLATION)
    expect(await list()).toEqual(['one'])
  }
})

postgresTest('a write without a reader can make the whole transaction run again', async (server) => {
  const { db, list } = await openWords(server)
  const conflict = sql`do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`
  const failed = db.transaction().execute(async (transaction) => {
    await list(transaction)
    await sendWrite(transaction, { compile: () => conflict.compile(db) })
    await list(transaction)
  })
  expect(isRetryable(await errorOf(failed))).toBe(true)
})

postgresTest('outside a transaction, a write without a reader is awaited', async (server) => {
  const { db, send } = await openWords(server)
  await send(db, 'one')
  expect(await errorOf(send(db, 'one'))).toMatchObject(UNIQUE_VIOLATION)
})
