import { Database, type SQLQueryBindings } from 'bun:sqlite'
import { chmodSync, existsSync } from 'node:fs'
import { Kysely, sql, SqliteAdapter, SqliteDialect } from 'kysely'
import { migrate } from './migrate'
import { keepReader, openReader } from './reader'
import type { Schema } from './schema'
import { takingTurns } from './turns'

export type Db = Kysely<Schema>

/** Opens the database that a DATABASE_URL names (`sqlite:` and a path) and brings its tables up to date. */
export async function openDb(url: string): Promise<Db> {
  const path = url.replace('sqlite:', '')
  const sqlite = openSqlite(path)
  const reader = path === ':memory:' ? undefined : openReader(path)
  const close = () => [reader, sqlite].forEach((one) => one?.close())
  const dialect = new SqliteDialect({ database: { ...forKysely(sqlite), close } })
  const driver = dialect.createDriver()
  dialect.createDriver = () => takingTurns(driver, syncing(sqlite))
  dialect.createAdapter = () =>
    Object.defineProperties(new SqliteAdapter(), {
      // Kysely thinks that SQLite cannot roll tables back. It can, and a migration that fails halfway must leave nothing.
      supportsTransactionalDdl: { value: true },
      supportsMultipleConnections: { value: true }, // or so it looks, for we take turns ourselves
    })
  const db = new Kysely<Schema>({ dialect })
  await migrate(db)
  await sql`PRAGMA user_version = 0`.execute(db) // a write like any other: what can only be read stops the start
  if (reader) keepReader(db, reader)
  return db
}

function openSqlite(path: string) {
  const isNew = path !== ':memory:' && !existsSync(path)
  Database.MAX_QUERY_CACHE_SIZE = 500 // statements kept prepared; the default of 20 is less than the house has queries
  const sqlite = new Database(path, { create: true, strict: true })
  if (isNew) chmodSync(path, 0o600) // nobody else on this machine reads the hashes; SQLite's side files follow suit
  sqlite.run('PRAGMA busy_timeout = 2000') // the next line may have to wait, and nobody else is here yet
  sqlite.run('PRAGMA journal_mode = WAL') // readers do not wait for the writer
  sqlite.run('PRAGMA busy_timeout = 0') // from here on we wait ourselves: SQLite would stop the process for it
  sqlite.run('PRAGMA foreign_keys = ON') // off by default, and set anew on each connection
  syncing(sqlite).after()
  return sqlite
}

/**
 * What a transaction did must outlast a power cut once it was answered: else a revoked session would live again, and an
 * old password open the door. That takes 0.3 ms of the disk instead of 0.02. A single statement may be undone by one, as
 * all of WAL's may that are not waited for: a slide is the most frequent, and a session that ends earlier does no harm.
 * A process that dies loses neither.
 */
const syncing = (sqlite: Database) => ({
  before: () => void sqlite.run('PRAGMA synchronous = FULL'),
  after: () => void sqlite.run('PRAGMA synchronous = NORMAL'),
})

// Kysely knows better-sqlite3, whose statements take their parameters as a list and say whether they return rows.
const forKysely = (sqlite: Database) => ({
  prepare(sql: string) {
    // A plain `begin` asks for the lock at its first write, and then fails at once instead of waiting for its turn.
    const statement = sqlite.query<unknown, SQLQueryBindings[]>(sql === 'begin' ? 'begin immediate' : sql)
    return {
      reader: statement.columnNames.length > 0,
      all: (values: SQLQueryBindings[]) => statement.all(...values),
      run: (values: SQLQueryBindings[]) => statement.run(...values),
      iterate: (values: SQLQueryBindings[]) => statement.iterate(...values),
    }
  },
})
