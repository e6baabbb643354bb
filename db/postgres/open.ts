import { SQL } from 'bun'
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type Dialect,
} from 'kysely'
import type { Engine } from '../engine/engine'
import { createPostgresDriver, type Counts } from './driver'
import { createLockQueue, lockTransaction } from './locks'

export interface PostgresOptions {
  /** The most connections of this process. */
  pool?: number
  /** Shown by `pg_stat_activity`. */
  name?: string
}

// Limits of the server, for a process that died. The deadline of a statement in the driver is shorter.
const LIMITS = { statement_timeout: '15000', lock_timeout: '10000', idle_in_transaction_session_timeout: '20000' }

export function openPostgres<Schema>(url: string, { pool: max = 10, name }: PostgresOptions = {}) {
  const connection = { ...LIMITS, ...(name ? { application_name: name } : {}) }
  const pool = new SQL({ url, max, connection, connectionTimeout: 3 })
  const counts: Counts = { statements: 0, transactions: 0 }
  const db = new Kysely<Schema>({ dialect: createPostgresDialect(pool, counts) })
  const engine: Engine = {
    name: 'postgres',
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

const createPostgresDialect = (pool: SQL, counts: Counts): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => createPostgresDriver(pool, counts),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
})
