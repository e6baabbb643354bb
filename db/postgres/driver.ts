import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely'
import type { Counts, WriteQuery } from '../engine/engine'
import type { Primary } from './hosts'
import { run, toQuery, type Result } from './statement'
import { beginTransaction, type Transaction } from './transaction'

const INT8 = 20

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

  async function executeQuery<Row>({ sql, parameters, isUnread = false }: WriteQuery): Promise<QueryResult<Row>> {
    counts.statements++
    if (!transaction) return toQueryResult(await runAlone(primary, counts, deadline, sql, parameters))
    const result = await transaction.execute(sql, parameters, isUnread)
    return result ? toQueryResult(result) : { rows: [] }
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
      transaction = await beginTransaction(primary, counts, deadline, settings)
    },
    commit: async () => transaction?.commit(),
    rollback: async () => transaction?.rollback(),
    async release() {
      await transaction?.release()
      transaction = undefined
    },
  }
}

async function runAlone(
  primary: Primary,
  counts: Counts,
  deadline: number | undefined,
  text: string,
  parameters: readonly unknown[],
) {
  const pool = await primary.pool()
  counts.roundTrips++
  try {
    return await run(toQuery(pool, text, parameters), deadline)
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
