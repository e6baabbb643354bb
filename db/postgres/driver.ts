import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely'
import type { Primary } from './hosts'
import { run, type Result } from './statement'
import { beginTransaction, type Transaction } from './transaction'

const INT8 = 20

/** Counts of a database handle, for tests and metrics. */
export interface Counts {
  statements: number
  transactions: number
}

/**
 * A query outside a transaction goes to the pool at once. A transaction reserves a connection. A statement is never sent
 * twice: after a lost connection, it may have been executed.
 */
export function createPostgresDriver(primary: Primary, counts: Counts, deadline: number | undefined): Driver {
  const connections = new WeakMap<DatabaseConnection, Connection>()
  const own = (connection: DatabaseConnection) => {
    const known = connections.get(connection)
    if (!known) throw new Error('query failed: the connection belongs to another driver')
    return known
  }
  return {
    async init() {},
    async acquireConnection() {
      const connection = connectionOf(primary, counts, deadline)
      connections.set(connection.queries, connection)
      return connection.queries
    },
    beginTransaction: (connection, settings) => own(connection).begin(settings),
    commitTransaction: (connection) => own(connection).commit(),
    rollbackTransaction: (connection) => own(connection).rollback(),
    releaseConnection: (connection) => own(connection).release(),
    destroy: () => primary.close(),
  }
}

type Connection = ReturnType<typeof connectionOf>

function connectionOf(primary: Primary, counts: Counts, deadline: number | undefined) {
  let transaction: Transaction | undefined

  async function executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    counts.statements++
    const result = transaction?.execute(sql, parameters) ?? runAlone(primary, deadline, sql, parameters)
    return toQueryResult<Row>(await result)
  }

  const queries: DatabaseConnection = {
    executeQuery,
    async *streamQuery<Row>(query: CompiledQuery) {
      yield await executeQuery<Row>(query)
    },
  }

  return {
    queries,
    async begin(settings: TransactionSettings) {
      counts.transactions++
      transaction = await beginTransaction(primary, deadline, settings)
    },
    commit: async () => transaction?.commit(),
    rollback: async () => transaction?.rollback(),
    async release() {
      await transaction?.release()
      transaction = undefined
    },
  }
}

async function runAlone(primary: Primary, deadline: number | undefined, text: string, parameters: readonly unknown[]) {
  const pool = await primary.pool()
  try {
    return await run(pool, deadline, text, parameters)
  } catch (error) {
    primary.report(error, pool)
    throw error
  }
}

function toQueryResult<Row>(result: Result): QueryResult<Row> {
  const names = result.statement?.columns?.filter(({ type }) => type === INT8).map(({ name }) => name) ?? []
  const rows = Array.from(result)
  // All our int8 values are times and counts below 2^53.
  for (const row of rows) for (const name of names) row[name] = toNumber(row[name])
  return { rows: rows as Row[], numAffectedRows: BigInt(result.affectedRows ?? 0) }
}

const toNumber = (value: unknown) => (typeof value === 'string' ? Number(value) : value)
