import type { Database, SQLQueryBindings } from 'bun:sqlite'
import { SqliteAdapter, SqliteDialect } from 'kysely'
import { serializeTransactions } from './driver'

export function createSqliteDialect(sqlite: Database, close: () => void, beforeWrite: () => void) {
  const dialect = new SqliteDialect({ database: { prepare: (sql) => prepareStatement(sqlite, sql), close } })
  const driver = dialect.createDriver()
  dialect.createDriver = () => serializeTransactions(driver, beforeWrite)
  dialect.createAdapter = () =>
    Object.defineProperties(new SqliteAdapter(), {
      // Kysely assumes that SQLite cannot roll back DDL. It can, so a failed migration leaves no trace.
      supportsTransactionalDdl: { value: true },
      supportsMultipleConnections: { value: true }, // Kysely's own queue would make reads wait for transactions
    })
  return dialect
}

/** Kysely expects the statements of better-sqlite3: parameters as an array, and `reader`. */
function prepareStatement(sqlite: Database, sql: string) {
  // A plain `begin` takes the lock at the first write, where SQLite fails at once and a retry cannot help.
  const statement = sqlite.query<unknown, SQLQueryBindings[]>(sql === 'begin' ? 'begin immediate' : sql)
  return {
    reader: statement.columnNames.length > 0,
    all: (values: SQLQueryBindings[]) => statement.all(...values),
    run: (values: SQLQueryBindings[]) => statement.run(...values),
    iterate: (values: SQLQueryBindings[]) => statement.iterate(...values),
  }
}
