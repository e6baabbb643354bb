import { Database, type SQLQueryBindings } from 'bun:sqlite'

export type Value = SQLQueryBindings

export type Reader = ReturnType<typeof openReader>

const readers = new WeakMap<object, Reader>()

/**
 * Reads at once and without a queue, and always what is committed: on the connection that also writes, for that knows what
 * it has read before, and while a transaction is open there on a second one, which only reads and has to read anew whatever
 * was written since. A database in memory has no second one, and so no reader.
 */
export function openReader(path: string, main: Database) {
  const apart = new Database(path, { readonly: true, strict: true })
  return {
    prepare<Row>(sql: string) {
      const [here, there] = [main, apart].map((sqlite) => sqlite.query<Row, Value[]>(sql))
      // To its end, for a half-read one would keep its view of the past.
      return (values: Value[]): Row[] => (main.inTransaction ? there : here)?.all(...values) ?? []
    },
    close: () => apart.close(),
  }
}

/** Lets `db`, and none of its transactions, be read that way. */
export const keepReader = (db: object, reader: Reader) => void readers.set(db, reader)

export const readerOf = (db: object) => readers.get(db)
