import { SQL } from 'bun'
import { afterEach, beforeEach, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { sql, type CompiledQuery, type DatabaseConnection } from 'kysely'
import { engineOf, setEngine } from '@db/engine/engine'
import { openDb, type Db } from '@db/open'
import { createLockQueue } from '@db/postgres/locks'
import { openPostgres } from '@db/postgres/open'
import type { Schema } from '@db/schema'
import { atEnd } from './at-end'
import { tempDatabase } from './temp'
import { copyDatabase, createEmptyDatabase, dropDatabases, testServer } from './test-server'

// Without TEST_POSTGRES, each site has an SQLite database in memory. With it, each site gets a database of that server,
// copied from one that has run all migrations. A test's databases are emptied after it and used again, because a server
// with one database for each site of the suite runs out of memory. So nothing of a site may outlast its test.

export { createEmptyDatabase, testServer }

type TestDatabase = { db: Db; isClosed?: boolean; empty(): Promise<void>; close(): Promise<void> }

const all: TestDatabase[] = []
const free: TestDatabase[] = []
const used: { database: TestDatabase; end(): Promise<void> }[] = []
let running: AbortController | undefined
let migrated: Promise<Uint8Array> | undefined
let template: ReturnType<typeof createTemplate> | undefined

/** Aborts when the test ends. What is opened outside a test serves several tests, and has no such signal. */
export const testSignal = () => running?.signal

/**
 * A migrated database without rows. A URL of a file, or of a server, is opened as it is. One that is opened outside a test
 * serves several tests, so nothing empties it.
 */
export async function openTestDatabase(url: string): Promise<Db> {
  if (url !== 'sqlite::memory:') return openDb(url)
  if (!testServer) return openCopy()
  if (!running) return (await createDatabase(testServer)).db
  const database = free.pop() ?? (await createDatabase(testServer))
  const own = database.db.withoutPlugins() // the model keeps values by this object, as for claims of saved requests
  used.push({ database, end: trackStatements(own) })
  setEngine(own, {
    ...engineOf(database.db),
    // Hundreds of requests on one lock may take a busy machine longer than the deadline of the queue.
    queueForLocks: createLockQueue(TIMEOUT),
    prepareRead:
      <Row>(query: CompiledQuery<Row>) =>
      async (parameters: unknown[]) =>
        (await own.executeQuery<Row>({ ...query, parameters })).rows,
  })
  own.destroy = () => {
    database.isClosed = true // by a test of what happens then
    return database.db.destroy()
  }
  return own
}

/** More statements, one after the other, than any work that a test may leave behind. */
const MAX_ROUNDS = 100

/**
 * Returns a function that waits for the open statements and transactions of this handle, and for those that follow them.
 * Later ones get no answer: a test that timed out may still run, and an error in its log would fail the next test.
 */
function trackStatements(db: Db) {
  const executor = db.getExecutor()
  const open = new Set<Promise<unknown>>()
  let isOver = false
  executor.provideConnection = <T>(...use: [(connection: DatabaseConnection) => Promise<T>]) => {
    if (isOver) return new Promise<T>(() => undefined)
    const done: Promise<T> = Object.getPrototypeOf(executor).provideConnection.apply(executor, use) // tests spy on it
    open.add(done)
    const remove = () => void open.delete(done)
    done.then(remove, remove)
    return done
  }
  return async () => {
    for (let round = 0; open.size > 0 && round < MAX_ROUNDS; round++) {
      await Promise.allSettled(open)
      await new Promise((resolve) => setImmediate(resolve))
    }
    isOver = true
    await Promise.allSettled(open)
  }
}

/** All migrations take 20 ms, which a test with a site of its own does not need to wait. */
async function openCopy() {
  migrated ??= readMigrated()
  return openDb('sqlite::memory:', { contents: await migrated })
}

async function readMigrated() {
  const [path, db] = [tempDatabase(), await openDb('sqlite::memory:')]
  await sql`vacuum into ${path}`.execute(db)
  await db.destroy()
  return readFileSync(path)
}

/** The URL of a database that has run all migrations. The run drops it. */
export const createMigratedDatabase = async (server: string) => copyDatabase(server, (await useTemplate(server)).url)

const useTemplate = (server: string) => (template ??= createTemplate(server))

async function createDatabase(server: string): Promise<TestDatabase> {
  const url = await createMigratedDatabase(server)
  // Its schema needs no check. Statements have no deadline, because tests advance timers, and machines may be busy.
  const { db, engine } = openPostgres<Schema>([url], { pool: 5, isBatch: true })
  setEngine(db, engine)
  const pool = new SQL({ url, max: 1 })
  const { definition } = await useTemplate(server)
  let defined: Promise<unknown> | undefined
  const database = {
    db,
    async empty() {
      await (defined ??= pool.unsafe(definition))
      await pool.unsafe('select delete_all_rows()')
    },
    close: async () => void (await Promise.all([db.destroy(), pool.close()])),
  }
  all.push(database)
  return database
}

/** The URL of a migrated database, and the definition of a function that deletes all rows of a copy. */
async function createTemplate(server: string) {
  const url = await createEmptyDatabase(server)
  const db = await openDb(url)
  const tables = (await db.introspection.getTables()).map(({ name }) => name)
  await db.destroy()
  return { url, definition: deleteAllRows(tables) }
}

/** A function keeps its query plans. `truncate` takes a file operation for each table. */
function deleteAllRows(tables: string[]) {
  const deletes = tables.map((name) => `if exists (select from "${name}") then delete from "${name}"; end if;`)
  // Without triggers, and so in any order.
  return `create function delete_all_rows() returns void language plpgsql set session_replication_role = replica
    as $$ begin ${deletes.join(' ')} end $$`
}

/** A test creates databases, starts servers and waits for deadlines of three seconds. */
const TIMEOUT = 60_000

/** A test that only runs on PostgreSQL. `test.skipIf` would count as skipped on each machine without a server. */
export function postgresTest(title: string, work: (server: string) => Promise<void>) {
  const server = testServer
  if (server) test(title, () => work(server), TIMEOUT)
}

beforeEach(() => {
  running = new AbortController()
})

afterEach(async () => {
  running?.abort()
  running = undefined
  await Promise.all(used.map(({ end }) => end()))
  const databases = used.splice(0).map(({ database }) => database)
  await Promise.all(databases.map(({ empty }) => empty()))
  free.push(...databases.filter(({ isClosed }) => !isClosed))
})

atEnd(async () => {
  await Promise.all(all.map(({ close }) => close()))
  if (testServer) await dropDatabases(testServer)
})
