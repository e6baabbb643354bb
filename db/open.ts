import { Database, type SQLQueryBindings } from 'bun:sqlite'
import { chmodSync, existsSync } from 'node:fs'
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely'
import { migrate } from './migrate'
import type { Schema } from './schema'

export type Db = Kysely<Schema>

/** Opens the database that a DATABASE_URL names (`sqlite:` and a path) and brings its tables up to date. */
export async function openDb(url: string): Promise<Db> {
  const dialect = new SqliteDialect({ database: forKysely(openSqlite(url.replace('sqlite:', ''))) })
  // Kysely thinks that SQLite cannot roll tables back. It can, and a migration that fails halfway must leave nothing.
  dialect.createAdapter = () => Object.defineProperty(new SqliteAdapter(), 'supportsTransactionalDdl', { value: true })
  const db = new Kysely<Schema>({ dialect })
  await migrate(db)
  return db
}

function openSqlite(path: string) {
  const isNew = path !== ':memory:' && !existsSync(path)
  Database.MAX_QUERY_CACHE_SIZE = 500 // statements kept prepared; the default of 20 is less than the house has queries
  const sqlite = new Database(path, { create: true, strict: true })
  if (isNew) chmodSync(path, 0o600) // nobody else on this machine reads the hashes; SQLite's side files follow suit
  sqlite.run('PRAGMA busy_timeout = 2000') // first, for the next line may wait too; bun:sqlite blocks the process meanwhile
  sqlite.run('PRAGMA journal_mode = WAL') // readers do not wait for the writer
  sqlite.run('PRAGMA synchronous = NORMAL') // in WAL a power cut may undo the last commits, but never harms the file
  sqlite.run('PRAGMA foreign_keys = ON') // off by default, and set anew on each connection
  return sqlite
}

// Kysely knows better-sqlite3, whose statements take their parameters as a list and say whether they return rows.
const forKysely = (sqlite: Database) => ({
  close: () => sqlite.close(),
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
