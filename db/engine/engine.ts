import { PostgresAdapter, type CompiledQuery, type Kysely } from 'kysely'
import type { TableRows } from './table-rows'

/** Tells the processes with this database that something changed. No content of a message is trusted: the reader asks the database. */
export interface Channel {
  /** Call it after the commit. It never throws and never waits. */
  publish(userId: string): void
  /**
   * `onChange` must not reject. It is called with `all` at the start, and after messages may have been lost. Returns a
   * function that ends the subscription.
   */
  subscribe(onChange: (userIds: string[] | 'all') => void | Promise<void>): Promise<() => Promise<void>>
  /** Sends what is not sent yet, and ends all subscriptions. The database handle calls it. */
  close(): Promise<void>
}

export interface SystemClock {
  /** Epoch milliseconds. It jumps when the clock is set. */
  systemTime(): number
  /** Milliseconds on a clock that is never set. */
  elapsed(): number
}

/** A query of `sendWrite`. */
export interface WriteQuery extends CompiledQuery {
  /** The result is not read. */
  isUnread?: boolean
}

/** What a database handle did, for tests. */
export interface Counts {
  statements: number
  transactions: number
  /** How often a caller waited for the server. Statements that were sent without waiting count with the next one. */
  roundTrips: number
}

/** What the two databases do in different ways, apart from SQL. */
export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  readonly channel: Channel
  /** Only of a server. */
  readonly counts?: Counts
  /**
   * The clock for all rows of this database: that of PostgreSQL, or the system's for SQLite. Rejects if the two clocks
   * differ by more than ten seconds.
   */
  openClock(system: SystemClock): Promise<() => number>
  /** Runs `work` when no other transaction of this process holds one of the names. SQLite calls it at once. */
  queueForLocks<T>(names: string[], work: () => Promise<T>): Promise<T>
  /**
   * Waits until this transaction holds the locks of these names. With `durable` set to false, its commit does not wait for
   * the disk. On SQLite, `begin immediate` already excludes all other writers.
   */
  prepareTransaction<Schema>(transaction: Kysely<Schema>, names: string[], durable: boolean): Promise<void>
  /** Waits until committed writes are on disk. A commit of PostgreSQL has already waited. */
  waitForFsync(): Promise<void> | undefined
  /** Rows that were committed when the call began. SQLite returns them synchronously. */
  prepareRead<Row>(query: CompiledQuery<Row>): (values: unknown[]) => Row[] | Promise<Row[]>
  /**
   * Runs queries that all see the database as it was at the first one. SQLite runs them one by one: nothing could write during
   * a transaction.
   */
  readSnapshot<Schema, T>(db: Kysely<Schema>, read: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  readonly rows: TableRows
  /** What is wrong with the files on disk, or undefined. */
  findFileError(): string | undefined
}

/** The values of a row as text, in the order of the columns. Both databases give the same text. */
export type TextRow = (string | null)[]

export interface TableShape {
  name: string
  /** Sorted by name. */
  columns: string[]
  /** The tables that its foreign keys name. */
  references: string[]
}

/** One side of a copy. */
export interface RowStore {
  listTables(): Promise<TableShape[]>
  /** In batches, and in any order. */
  readRows(table: string, columns: string[]): AsyncIterable<TextRow[]>
  writeRows(table: string, columns: string[], rows: TextRow[]): Promise<void>
}

/** A table, column, index or foreign key. `name` identifies it, and `type` is compared. */
export interface SchemaPart {
  table: string
  name: string
  type: string
  /** An additional part of this kind makes inserts fail. */
  isRestrictive: boolean
}

const engines = new WeakMap<object, Engine>()

export const setEngine = <Schema>(db: Kysely<Schema>, engine: Engine) => void engines.set(db, engine)

export function engineOf<Schema>(db: Kysely<Schema>): Engine {
  const engine = engines.get(db)
  if (!engine) throw new Error('engine lookup failed: use openDb, and inTransaction for transactions')
  return engine
}

/** Also for a transaction, and in a migration. */
export const isPostgres = <Schema>(db: Kysely<Schema>) => db.getExecutor().adapter instanceof PostgresAdapter
