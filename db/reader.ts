import { Database, type SQLQueryBindings } from 'bun:sqlite'

export type Value = SQLQueryBindings

export interface Reader {
  prepare<Row>(sql: string): (values: Value[]) => Row[]
  close(): void
}

/**
 * Reads at once and without a queue, and always what is committed: on the connection that also writes, for that knows what
 * it has read before, and while a transaction is open there on a second one, which only reads and has to read anew whatever
 * was written since. A database in memory has no second one, and so no reader.
 */
export function openReader(path: string, main: Database): Reader {
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
