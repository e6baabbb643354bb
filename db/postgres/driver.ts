import type { ReservedSQL, SQL } from 'bun'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import { DatabaseBusyError, DatabaseUnreachableError } from './errors'

/** Milliseconds that a statement may take. Below half of the time after which the server closes an idle connection. */
export const STATEMENT_DEADLINE = 3000
/** Milliseconds that a transaction may wait for a connection. */
const RESERVE_DEADLINE = 3000
const INT8 = 20

type Target = Pick<SQL, 'unsafe'>
type Statement = { columns?: { name: string; type: number }[] }
type Result = Record<string, unknown>[] & { command?: string; affectedRows?: number; statement?: Statement }

/** Counts of a database handle, for tests and metrics. */
export interface Counts {
  statements: number
  transactions: number
}

/**
 * A query outside a transaction goes to the pool at once. A transaction reserves a connection. A statement is never sent
 * twice: after a lost connection, it may have been executed.
 */
export function createPostgresDriver(pool: SQL, counts: Counts, deadline: number | undefined): Driver {
  const connections = new WeakMap<DatabaseConnection, Connection>()
  const own = (connection: DatabaseConnection) => {
    const known = connections.get(connection)
    if (!known) throw new Error('query failed: the connection belongs to another driver')
    return known
  }
  return {
    async init() {},
    async acquireConnection() {
      const connection = connectionOf(pool, counts, deadline)
      connections.set(connection.queries, connection)
      return connection.queries
    },
    beginTransaction: (connection) => own(connection).begin(),
    commitTransaction: (connection) => own(connection).commit(),
    rollbackTransaction: (connection) => own(connection).rollback(),
    releaseConnection: async (connection) => own(connection).release(),
    destroy: () => pool.close({ timeout: 5 }),
  }
}

type Connection = ReturnType<typeof connectionOf>

function connectionOf(pool: SQL, counts: Counts, deadline: number | undefined) {
  let reserved: ReservedSQL | undefined
  const run = (text: string, parameters?: readonly unknown[]) => runOn(reserved ?? pool, deadline, text, parameters)

  async function executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    counts.statements++
    return toQueryResult<Row>(await run(sql, parameters))
  }

  const queries: DatabaseConnection = {
    executeQuery,
    async *streamQuery<Row>(query: CompiledQuery) {
      yield await executeQuery<Row>(query)
    },
  }

  return {
    queries,
    async begin() {
      counts.transactions++
      reserved = await reserve(pool)
      // Not awaited: the next statement follows in the same message. If `begin` fails, so does that statement.
      reserved.unsafe('begin').catch(() => undefined)
    },
    async commit() {
      // PostgreSQL answers ROLLBACK, without an error, if a statement of the transaction failed.
      const { command } = await run('commit')
      if (command !== 'COMMIT') throw new Error(`commit failed: the database answered ${command}`)
    },
    rollback: async () => void (await run('rollback')),
    /** The pool rolls back a transaction that is still open. */
    release() {
      reserved?.release()
      reserved = undefined
    },
  }
}

async function reserve(pool: SQL) {
  try {
    return await pool.reserve({ signal: AbortSignal.timeout(RESERVE_DEADLINE) })
  } catch (error) {
    if (!isTimeout(error)) throw error
    throw new DatabaseBusyError('transaction failed: no connection was free', { cause: error })
  }
}

const isTimeout = (error: unknown) =>
  error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')

async function runOn(target: Target, deadline: number | undefined, text: string, parameters?: readonly unknown[]) {
  const query = parameters ? target.unsafe(text, parameters.map(withoutNul)) : target.unsafe(text)
  const result: Promise<Result> = query.execute()
  if (deadline === undefined) return result
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      query.cancel()
      reject(new DatabaseUnreachableError(`query failed: no answer within ${deadline} ms`))
    }, deadline)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
    result.catch(() => undefined) // the race has reported it
  }
}

/** PostgreSQL stores no NUL. No stored text has one, so the replaced text matches no row. */
const withoutNul = (value: unknown) =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value

function toQueryResult<Row>(result: Result): QueryResult<Row> {
  const names = result.statement?.columns?.filter(({ type }) => type === INT8).map(({ name }) => name) ?? []
  const rows = Array.from(result)
  // All our int8 values are times and counts below 2^53.
  for (const row of rows) for (const name of names) row[name] = toNumber(row[name])
  return { rows: rows as Row[], numAffectedRows: BigInt(result.affectedRows ?? 0) }
}

const toNumber = (value: unknown) => (typeof value === 'string' ? Number(value) : value)
