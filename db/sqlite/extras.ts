import type { SQLQueryBindings } from 'bun:sqlite'

export type Value = SQLQueryBindings

export interface Reader {
  prepare<Row>(sql: string): (values: Value[]) => Row[]
  close(): void
}

/** What belongs to a database and has no place in Kysely. A transaction is another object, and so has no extras. */
export interface DatabaseExtras {
  reader?: Reader
  /** Waits until committed writes are on disk. */
  flush?(): Promise<void>
}

const extras = new WeakMap<object, DatabaseExtras>()

export function extrasOf(db: object): DatabaseExtras {
  const known = extras.get(db)
  if (known) return known
  const created = {}
  extras.set(db, created)
  return created
}
