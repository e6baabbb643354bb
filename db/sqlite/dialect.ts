import type { Database, SQLQueryBindings } from 'bun:sqlite'
import { SqliteAdapter, SqliteDialect } from 'kysely'
import { serializeTransactions } from './driver'

/** Kysely on a connection of bun:sqlite. */
export function createSqliteDialect(sqlite: Database, close: () => void) {
  const dialect = new SqliteDialect({ database: { prepare: (sql) => prepareStatement(sqlite, sql), close } })
  const driver = dialect.createDriver()
  dialect.createDriver = () => serializeTransactions(driver)
  dialect.createAdapter = () =>
    Object.defineProperties(new SqliteAdapter(), {
      // Kysely thinks that SQLite cannot roll tables back. It can, and a migration that fails halfway must leave nothing.
      supportsTransactionalDdl: { value: true },
      supportsMultipleConnections: { value: true }, // or so it looks, for we take turns ourselves
    })
  return dialect
}

/** Kysely knows better-sqlite3, whose statements take their parameters as a list and say whether they return rows. */
function prepareStatement(sqlite: Database, sql: string) {
  // A plain `begin` asks for the lock at its first write, and then fails at once instead of waiting for its turn.
  const statement = sqlite.query<unknown, SQLQueryBindings[]>(sql === 'begin' ? 'begin immediate' : sql)
  return {
    reader: statement.columnNames.length > 0,
    all: (values: SQLQueryBindings[]) => statement.all(...values),
    run: (values: SQLQueryBindings[]) => statement.run(...values),
    iterate: (values: SQLQueryBindings[]) => statement.iterate(...values),
  }
}
