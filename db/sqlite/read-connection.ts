import { Database, type SQLQueryBindings } from 'bun:sqlite'
import type { CompiledQuery, Kysely } from 'kysely'
import { isBusy } from './errors'

export interface ReadConnection {
  prepare<Row>(sql: string): (values: unknown[]) => Row[]
  close(): void
}

/** Reads by the second connection. Without one, or while another process blocks it, Kysely runs the query with retries. */
export function prepareRead<Schema, Row>(
  db: Kysely<Schema>,
  reader: ReadConnection | undefined,
  query: CompiledQuery<Row>,
) {
  const runByKysely = async (parameters: unknown[]) => (await db.executeQuery<Row>({ ...query, parameters })).rows
  const read = reader?.prepare<Row>(query.sql)
  return read ? (values: unknown[]) => orUndefinedIfBusy(() => read(values)) ?? runByKysely(values) : runByKysely
}

/** Another process can block reads, for example during recovery of the WAL. */
function orUndefinedIfBusy<Rows>(read: () => Rows) {
  try {
    return read()
  } catch (error) {
    if (!isBusy(error)) throw error
  }
}

/**
 * Reads committed rows without waiting. The main connection is faster, because its page cache stays valid after its own
 * writes. While a transaction is open there, a second connection reads. An in-memory database has no second connection.
 */
export function openReadConnection(path: string, main: Database): ReadConnection {
  const second = new Database(path, { readonly: true, strict: true })
  second.query('select 1 from sqlite_master').all() // opens the WAL now: later it may belong to another file
  return {
    prepare<Row>(sql: string) {
      const [onMain, onSecond] = [main, second].map((sqlite) => sqlite.query<Row, SQLQueryBindings[]>(sql))
      // `all`, because a statement that is not read to its end keeps its old snapshot.
      return (values) => (main.inTransaction ? onSecond : onMain)?.all(...(values as SQLQueryBindings[])) ?? []
    },
    close: () => second.close(),
  }
}
