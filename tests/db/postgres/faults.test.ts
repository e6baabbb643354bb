import { afterEach, expect, jest, test } from 'bun:test'
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import { isDatabaseBusy, isDatabaseUnavailable } from '@db/errors'
import { createPostgresDriver } from '@db/postgres/driver'
import { isUnanswered } from '@db/postgres/errors'
import type { Primary } from '@db/postgres/hosts'
import { STATEMENT_DEADLINE } from '@db/postgres/statement'
import { connectionError, fakePool, postgresError } from '../../support/fake-pool'

afterEach(() => void jest.useRealTimers())

const LOST = connectionError('CLOSED')

function openDatabase(answer: Parameters<typeof fakePool>[0]) {
  const { pool, calls } = fakePool(answer)
  const reported: unknown[] = []
  const primary = { pool: () => pool, report: (error: unknown) => void reported.push(error) } as unknown as Primary
  const db = new Kysely<{ notes: { id: string } }>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () =>
        createPostgresDriver(primary, { statements: 0, transactions: 0, roundTrips: 0 }, STATEMENT_DEADLINE),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  return { db, calls, reported }
}

const answerOf =
  (answers: Record<string, ReturnType<NonNullable<Parameters<typeof fakePool>[0]>>>) => (text: string) =>
    text in answers ? answers[text] : { command: text.toUpperCase() }

const insert = sql`insert into notes`
const failure = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => error) // prettier-ignore

test('a read is sent in the same message as begin, and a write only after begin has succeeded', async () => {
  const { db, calls } = openDatabase((text) => (text === 'begin' ? postgresError('57014') : {}))
  const write = failure(db.transaction().execute((trx) => insert.execute(trx)))
  expect(isDatabaseUnavailable(await write)).toBe(true)
  expect(calls).toEqual(['begin', 'rollback', 'release'])
  calls.length = 0
  const read = failure(db.transaction().execute((trx) => sql`select 1`.execute(trx)))
  expect(isDatabaseUnavailable(await read)).toBe(true)
  expect(calls).toEqual(['begin', 'select 1', 'rollback', 'release'])
})

test.each(['begin', 'insert into notes', 'commit'])(
  'a connection that is lost at %s fails the transaction, and is closed',
  async (lost) => {
    const { db, calls, reported } = openDatabase(answerOf({ [lost]: LOST }))
    const error = await failure(db.transaction().execute((trx) => insert.execute(trx)))
    expect([error, reported]).toEqual([LOST, [LOST]])
    expect(calls.slice(-3)).toEqual([lost, 'close', 'release'])
  },
)

test('after a lost connection no statement of the transaction is sent', async () => {
  const { db, calls } = openDatabase(answerOf({ 'insert into notes': LOST }))
  const error = await failure(
    db.transaction().execute(async (trx) => {
      await failure(insert.execute(trx))
      await sql`update notes`.execute(trx)
    }),
  )
  expect(isDatabaseUnavailable(error)).toBe(true)
  expect(calls).toEqual(['begin', 'insert into notes', 'close', 'release'])
})

test('a rollback that fails hides no error, and its connection is closed', async () => {
  const { db, calls } = openDatabase(answerOf({ 'insert into notes': postgresError('23505'), rollback: LOST }))
  const error = await failure(db.transaction().execute((trx) => insert.execute(trx)))
  expect(error).toMatchObject({ errno: '23505' })
  expect(calls.slice(-3)).toEqual(['rollback', 'close', 'release'])
})

test('a commit that the database answers with a rollback fails', async () => {
  const { db } = openDatabase(answerOf({ commit: { command: 'ROLLBACK' } }))
  const error = await failure(db.transaction().execute((trx) => insert.execute(trx)))
  expect(error).toEqual(new Error('commit failed: the database answered ROLLBACK'))
})

test('a statement without an answer fails after three seconds and is cancelled', async () => {
  jest.useFakeTimers()
  const { db, calls, reported } = openDatabase(() => undefined)
  const error = failure(insert.execute(db))
  await passDeadline()
  expect(isUnanswered(await error)).toBe(true)
  expect(isDatabaseBusy(await error)).toBe(false)
  expect([calls, reported.length]).toEqual([['insert into notes', 'cancel insert into notes'], 1])
})

test('a commit without an answer is not cancelled, and its connection is closed', async () => {
  jest.useFakeTimers()
  const { db, calls } = openDatabase(answerOf({ commit: undefined }))
  const error = failure(db.transaction().execute((trx) => insert.execute(trx)))
  await passDeadline()
  expect(isUnanswered(await error)).toBe(true)
  expect(calls).toEqual(['begin', 'insert into notes', 'commit', 'close', 'release'])
})

async function passDeadline() {
  for (let n = 0; n < 100; n++) await Promise.resolve() // the statement is sent
  jest.advanceTimersByTime(STATEMENT_DEADLINE)
}
