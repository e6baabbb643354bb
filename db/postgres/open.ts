import { SQL } from 'bun'
import {
  Kysely,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type Dialect,
  type Driver,
} from 'kysely'
import type { Engine } from '../engine/engine'
import { createPostgresChannel } from './channel'
import { createPostgresDriver, STATEMENT_DEADLINE, type Counts } from './driver'
import { createLockQueue, lockTransaction } from './locks'
import { createAdapter } from './migration-lock'

export interface PostgresOptions {
  /** The most connections of this process. */
  pool?: number
  /** The server itself, if the URL leads through a pooler. */
  listenUrl?: string
  /** Shown by `pg_stat_activity`. */
  name?: string
  /** For migrations and copies: statements may take any time. */
  isBatch?: boolean
  /** Receives errors of work that no caller waits for. */
  onError?(error: unknown): void
}

// Limits of the server, for a process that died. The deadline of a statement in the driver is shorter.
const LIMITS = { statement_timeout: '15000', lock_timeout: '10000', idle_in_transaction_session_timeout: '20000' }
const NO_LIMITS = { statement_timeout: '0', lock_timeout: '0', idle_in_transaction_session_timeout: '0' }

export function openPostgres<Schema>(
  url: string,
  { pool: max = 10, listenUrl = url, name, isBatch, onError = () => undefined }: PostgresOptions = {},
) {
  const connection = { ...(isBatch ? NO_LIMITS : LIMITS), ...(name ? { application_name: name } : {}) }
  const pool = new SQL({ url, max, connection, connectionTimeout: 3 })
  const counts: Counts = { statements: 0, transactions: 0 }
  const channel = createPostgresChannel({ listenUrl, notify: (one, text) => pool.notify(one, text), onError })
  const driver = createPostgresDriver(pool, counts, isBatch ? undefined : STATEMENT_DEADLINE)
  const destroy = () => channel.close().then(() => driver.destroy())
  const db = new Kysely<Schema>({ dialect: createPostgresDialect({ ...driver, destroy }) })
  const engine: Engine = {
    name: 'postgres',
    channel,
    queueForLocks: createLockQueue(),
    prepareTransaction: lockTransaction,
    waitForFsync: () => undefined,
    prepareRead:
      <Row>(query: CompiledQuery<Row>) =>
      async (parameters: unknown[]) =>
        (await db.executeQuery<Row>({ ...query, parameters })).rows,
    findFileError: () => undefined,
  }
  return { db, engine, counts }
}

const createPostgresDialect = (driver: Driver): Dialect => ({
  createAdapter,
  createDriver: () => driver,
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
})
