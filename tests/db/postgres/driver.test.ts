import { SQL } from 'bun'
import { afterEach, expect } from 'bun:test'
import { sql, type Generated, type Kysely } from 'kysely'
import { isDatabaseBusy, isDatabaseUnavailable, isRetryable } from '@db/errors'
import { openDb } from '@db/open'
import type { Schema } from '@db/schema'
import { createEmptyDatabase, postgresTest } from '../../support/databases'

type Tables = { words: { id: Generated<number>; word: string; at: number | null } }

type Words = Kysely<Schema & Tables>

const opened: Words[] = []

afterEach(() => Promise.all(opened.splice(0).map((db) => db.destroy())))

async function openTables(url: string, pool: number) {
  const db = (await openDb(url, { pool })).withTables<Tables>()
  opened.push(db)
  return db
}

/** A database with an empty table `words`. */
async function openWords(server: string, pool = 3) {
  const url = await createEmptyDatabase(server)
  const db = await openTables(url, pool)
  await sql`create table words (id serial primary key, word text collate "C" not null unique, at bigint)`.execute(db)
  const add = (word: string, at: number | null = null) => db.insertInto('words').values({ word, at }).execute()
  const list = async () => (await db.selectFrom('words').select('word').orderBy('id').execute()).map(({ word }) => word)
  return { db, add, list }
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

postgresTest('values keep their types, and int8 becomes a number', async (server) => {
  const { db } = await openWords(server)
  const time = Date.parse('2030-01-01T12:00:00Z')
  const values = { word: '🔑 ´ü´ "quoted" \\', at: time }
  const row = await db.insertInto('words').values(values).returning(['id', 'word', 'at']).executeTakeFirstOrThrow()
  expect(row).toEqual({ id: 1, ...values })
  await db.insertInto('words').values({ word: '', at: null }).execute()
  const rows = await db.selectFrom('words').select(['word', 'at']).orderBy('id').execute()
  expect(rows).toEqual([values, { word: '', at: null }])
  expect(Array.isArray(rows) && rows.constructor).toBe(Array)
  const count = await db
    .selectFrom('words')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  expect(count).toEqual({ count: 2 })
  expect(
    await db
      .selectFrom('words')
      .select('id')
      .where('at', '>', time - 1)
      .execute(),
  ).toEqual([{ id: 1 }])
})

postgresTest('a statement reports how many rows it changed', async (server) => {
  const { db, add } = await openWords(server)
  await add('one')
  await add('two')
  expect(await db.updateTable('words').set({ at: 1 }).executeTakeFirst()).toMatchObject({ numUpdatedRows: 2n })
  const none = db.deleteFrom('words').where('word', '=', 'three')
  expect(await none.executeTakeFirst()).toMatchObject({ numDeletedRows: 0n })
})

postgresTest('text is ordered by its bytes, as in SQLite', async (server) => {
  const { db, add } = await openWords(server)
  for (const word of ['~', 'a', 'Z', 'é', 'B']) await add(word)
  const rows = await db.selectFrom('words').select('word').orderBy('word').execute()
  expect(rows.map(({ word }) => word)).toEqual(['B', 'Z', 'a', '~', 'é'])
})

postgresTest('a text with NUL finds no row, and causes no error', async (server) => {
  const { db, add, list } = await openWords(server)
  await add('key')
  const found = (word: string) => db.selectFrom('words').select('id').where('word', '=', word).execute()
  expect(await found('key\0')).toEqual([])
  expect(await found('\0')).toEqual([])
  await add('k\0y')
  expect(await list()).toEqual(['key', 'k\uFFFDy'])
})

postgresTest('a violated constraint is neither busy nor unavailable', async (server) => {
  const { add } = await openWords(server)
  await add('one')
  const error = await errorOf(add('one'))
  expect(error).toBeInstanceOf(SQL.PostgresError)
  expect(error).toMatchObject({ errno: '23505', constraint: 'words_word_key' })
  expect([isDatabaseBusy(error), isDatabaseUnavailable(error), isRetryable(error)]).toEqual([false, false, false])
})

postgresTest('a deadlock is retryable, and the other transaction commits', async (server) => {
  const { db, add } = await openWords(server)
  await add('one')
  await add('two')
  const [bothLocked, oneLocked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const lock = (of: Words, word: string) => of.updateTable('words').set({ at: 1 }).where('word', '=', word).execute()
  const first = db.transaction().execute(async (transaction) => {
    await lock(transaction, 'one')
    oneLocked.resolve()
    await bothLocked.promise
    await lock(transaction, 'two')
  })
  const second = db.transaction().execute(async (transaction) => {
    await oneLocked.promise
    await lock(transaction, 'two')
    bothLocked.resolve()
    await lock(transaction, 'one')
  })
  const errors = (await Promise.all([errorOf(first), errorOf(second)])).filter((error) => error !== undefined)
  expect(errors).toHaveLength(1)
  expect(isRetryable(errors[0])).toBe(true)
})

postgresTest('a statement without an answer is cancelled, and its connection works again', async (server) => {
  const { db, list } = await openWords(server, 1)
  const error = await errorOf(sql`select pg_sleep(60)`.execute(db))
  expect(error).toMatchObject({ message: expect.stringContaining('no answer within') })
  expect([isDatabaseUnavailable(error), isRetryable(error)]).toEqual([true, false])
  expect(await untilAnswered(list)).toEqual([])
})

/** Queries fail at once while the server is asked whether it answers. */
async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error
    await Bun.sleep(20)
    return untilAnswered(work)
  }
}

postgresTest('more queries than connections wait for one', async (server) => {
  const { db } = await openWords(server, 2)
  const queries = Array.from({ length: 20 }, (_, n) => sql<{ n: number }>`select ${n}::integer as n`.execute(db))
  const rows = (await Promise.all(queries)).flatMap((result) => result.rows)
  expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n))
})

postgresTest('a transaction that gets no connection is busy', async (server) => {
  const { db, add, list } = await openWords(server, 1)
  const isDone = Promise.withResolvers<void>()
  const isOpen = Promise.withResolvers<void>()
  const first = db.transaction().execute(async (transaction) => {
    await transaction.insertInto('words').values({ word: 'first', at: null }).execute()
    isOpen.resolve()
    await isDone.promise
  })
  await isOpen.promise
  const error = await errorOf(db.transaction().execute(async () => undefined))
  expect([isDatabaseBusy(error), isDatabaseUnavailable(error)]).toEqual([true, true])
  isDone.resolve()
  await first
  await add('second')
  expect(await list()).toEqual(['first', 'second'])
})

postgresTest('a commit that the server answers with ROLLBACK is an error', async (server) => {
  const { db, add, list } = await openWords(server)
  await add('one')
  const error = await errorOf(
    db.transaction().execute(async (transaction) => {
      await transaction.insertInto('words').values({ word: 'two', at: null }).execute()
      await errorOf(transaction.insertInto('words').values({ word: 'one', at: null }).execute())
    }),
  )
  expect(error).toMatchObject({ message: 'commit failed: the database answered ROLLBACK' })
  expect(await list()).toEqual(['one'])
})

postgresTest('a transaction that throws leaves nothing, and frees its connection', async (server) => {
  const { db, add, list } = await openWords(server, 1)
  const error = await errorOf(
    db.transaction().execute(async (transaction) => {
      await transaction.insertInto('words').values({ word: 'one', at: null }).execute()
      throw new Error('changed my mind')
    }),
  )
  expect(error).toMatchObject({ message: 'changed my mind' })
  await add('two')
  expect(await list()).toEqual(['two'])
})

postgresTest('a write whose connection is lost is not sent again', async (server) => {
  const { db, list } = await openWords(server, 1)
  await sql`create sequence attempts`.execute(db)
  // A sequence keeps its value after a rollback, so it counts how often the server received the statement.
  const lost = sql`insert into words (word) select nextval('attempts')::text from pg_terminate_backend(pg_backend_pid())`
  const error = await errorOf(lost.execute(db))
  expect([isDatabaseUnavailable(error), isRetryable(error)]).toEqual([true, false])
  expect(await list()).toEqual([])
  expect((await sql<object>`select last_value, is_called from attempts`.execute(db)).rows).toEqual([
    { last_value: 1, is_called: true },
  ])
})
