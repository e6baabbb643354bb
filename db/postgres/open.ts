import { SQL } from 'bun'
import {
  Kysely,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type Dialect,
  type Driver,
} from 'kysely'
import type { Counts, Engine } from '../engine/engine'
import { askHost } from './ask-host'
import { createPostgresChannel } from './channel'
import { openClock, readTime } from './clock'
import { createPostgresDriver } from './driver'
import { connectToPrimary } from './hosts'
import { createLockQueue, lockTransaction } from './locks'
import { createAdapter } from './migration-lock'
import { isForPooler } from './pooler'
import { STATEMENT_DEADLINE } from './statement'
import { postgresRows } from './table-rows'

export interface PostgresOptions {
  /** The most connections of this process. */
  pool?: number
  /** The servers themselves, if the URL leads through a pooler. */
  listenUrls?: string[]
  /** Shown by `pg_stat_activity`. */
  name?: string
  /** For migrations and copies: statements may take any time. */
  isBatch?: boolean
  /** Receives errors of work that no caller waits for. */
  onError?(error: unknown): void
  /** Receives what an operator should know: that the primary was lost, or found. */
  onNotice?(message: string): void
}

// Limits of the server. `lock_timeout` is below the deadline of a statement: the answer tells a lock from a frozen server.
// The others are for a process that died.
const LIMITS = { statement_timeout: '15000', lock_timeout: '2500', idle_in_transaction_session_timeout: '20000' }
const NO_LIMITS = { statement_timeout: '0', lock_timeout: '0', idle_in_transaction_session_timeout: '0' }

export function openPostgres<Schema>(
  urls: string[],
  { pool: max = 10, listenUrls = urls, name, isBatch, onError = () => undefined, onNotice }: PostgresOptions = {},
) {
  const limits = urls.some(isForPooler) ? {} : isBatch ? NO_LIMITS : LIMITS
  const connection = { ...limits, ...(name ? { application_name: name } : {}) }
  const open = (url: string) => new SQL({ url, max, connection, connectionTimeout: 3 })
  const primary = connectToPrimary(urls, { open, ask: askHost, sleep: Bun.sleep, onNotice })
  const counts: Counts = { statements: 0, transactions: 0, roundTrips: 0 }
  const channel = createPostgresChannel({
    // The lists have the same order. A single URL leads to the primary by itself.
    listenUrl: async () => listenUrls[urls.indexOf(await primary.url())] ?? listenUrls[0] ?? '',
    onMoved: primary.onMoved,
    notify: async (one, text) => (await primary.pool()).notify(one, text),
    onError,
  })
  const driver = createPostgresDriver(primary, counts, isBatch ? undefined : STATEMENT_DEADLINE)
  const clocks: { close(): void }[] = []
  const destroy = async () => {
    for (const clock of clocks) clock.close()
    await channel.close()
    await driver.destroy()
  }
  const db = new Kysely<Schema>({ dialect: createPostgresDialect({ ...driver, destroy }) })
  const engine: Engine = {
    name: 'postgres',
    counts,
    channel,
    async openClock(system) {
      const clock = await openClock(system, () => readTime(db))
      clocks.push(clock)
      return clock.now
    },
    queueForLocks: createLockQueue(),
    prepareTransaction: lockTransaction,
    waitForFsync: () => undefined,
    prepareRead:
      <Row>(query: CompiledQuery<Row>) =>
      async (parameters: unknown[]) =>
        (await db.executeQuery<Row>({ ...query, parameters })).rows,
    readSnapshot: (db, read) =>
      db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read),
    rows: postgresRows,
    findFileError: () => undefined,
  }
  return { db, engine }
}

const createPostgresDialect = (driver: Driver): Dialect => ({
  createAdapter,
  createDriver: () => driver,
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
})
