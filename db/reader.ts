import { Database, type SQLQueryBindings } from 'bun:sqlite'

export type Value = SQLQueryBindings

export type Reader = ReturnType<typeof openReader>

const readers = new WeakMap<object, Reader>()

/**
 * A second connection, which only reads: it answers at once and without a queue, also while another's transaction is open,
 * and always with what is committed. A database in memory has one connection, and so no reader.
 */
export function openReader(path: string) {
  const sqlite = new Database(path, { readonly: true, strict: true })
  return {
    prepare<Row>(sql: string) {
      const statement = sqlite.query<Row, Value[]>(sql)
      return (values: Value[]) => statement.all(...values) // to its end, for a half-read one would keep its view of the past
    },
    close: () => sqlite.close(),
  }
}

/** Lets `db`, and none of its transactions, be read that way. */
export const keepReader = (db: object, reader: Reader) => void readers.set(db, reader)

export const readerOf = (db: object) => readers.get(db)
