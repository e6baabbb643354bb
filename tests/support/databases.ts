import { readFileSync } from 'node:fs'
import { SQL } from 'bun'
import { afterEach } from 'bun:test'
import { sql } from 'kysely'
import { openDb, type Db } from '@db/open'
import { tempDatabase } from './temp'

// Without TEST_POSTGRES, each site has an SQLite database in memory. With it, each site gets a database of that server,
// copied from one that has run all migrations. A test's databases are emptied after it and used again, because a server
// with one database for each site of the suite runs out of memory.

export const testServer = process.env.TEST_POSTGRES

type TestDatabase = { db: Db; empty(): Promise<void> }

const free: TestDatabase[] = []
const used: TestDatabase[] = []
const prefix = `test_${process.pid}_`
let created = 0
let migrated: Promise<Uint8Array> | undefined
let template: Promise<string> | undefined

/** A migrated database without rows. A URL of a file, or of a server, is opened as it is. */
export async function openTestDatabase(url: string): Promise<Db> {
  if (url !== 'sqlite::memory:') return openDb(url)
  if (!testServer) return openCopy()
  const database = free.pop() ?? (await createDatabase(testServer))
  used.push(database)
  return database.db
}

/** A database that no test empties, for a site that is opened outside a test. */
export async function openOwnDatabase(): Promise<Db> {
  return testServer ? (await createDatabase(testServer)).db : openCopy()
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

/** The URL of a new, empty database of the test server. */
export async function createEmptyDatabase(server: string) {
  const name = `${prefix}${++created}`
  await runOn(server, `create database ${name}`)
  return urlOf(server, name)
}

async function createDatabase(server: string): Promise<TestDatabase> {
  template ??= createTemplate(server)
  const name = `${prefix}${++created}`
  await runOn(server, `create database ${name} template ${await template}`)
  const db = await openDb(urlOf(server, name), { pool: 5 })
  const tables = (await db.introspection.getTables()).map(({ name }) => `delete from "${name}";`)
  const pool = new SQL({ url: urlOf(server, name), max: 1 })
  // Without triggers, and so in any order. `truncate` takes a file operation for each table.
  const statements = `set session_replication_role = replica; ${tables.join(' ')}`
  return { db, empty: async () => void (await pool.unsafe(statements)) }
}

async function createTemplate(server: string) {
  const url = await createEmptyDatabase(server)
  await (await openDb(url)).destroy()
  return new URL(url).pathname.slice(1)
}

async function runOn(server: string, statement: string) {
  const connection = new SQL({ url: server, max: 1 })
  await connection.unsafe(statement)
  await connection.close()
}

function urlOf(server: string, name: string) {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

afterEach(async () => {
  await Promise.all(used.map(({ empty }) => empty()))
  free.push(...used.splice(0))
})
