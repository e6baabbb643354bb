import type { SQLQueryBindings } from 'bun:sqlite'

export type SqlValue = SQLQueryBindings

export interface ReadConnection {
  prepare<Row>(sql: string): (values: SqlValue[]) => Row[]
  close(): void
}

/** Values that Kysely has no place for. A transaction is another object and has no extras. */
export interface DatabaseExtras {
  reader?: ReadConnection
  /** Waits until committed writes are on disk. */
  fsync?(): Promise<void>
  /** The problem of the files on disk, or undefined. */
  findFileError?(): string | undefined
}

const extras = new WeakMap<object, DatabaseExtras>()

export function extrasOf(db: object): DatabaseExtras {
  const known = extras.get(db)
  if (known) return known
  const created = {}
  extras.set(db, created)
  return created
}
