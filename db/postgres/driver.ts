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
export function createPostgresDriver(pool: SQL, counts: Counts): Driver {
  return {
    async init() {},
    acquireConnection: async () => new Connection(pool, counts),
    beginTransaction: (connection) => own(connection).begin(),
    commitTransaction: (connection) => own(connection).commit(),
    rollbackTransaction: (connection) => own(connection).rollback(),
    releaseConnection: async (connection) => own(connection).release(),
    destroy: () => pool.close({ timeout: 5 }),
  }
}

class Connection implements DatabaseConnection {
  private reserved: ReservedSQL | undefined

  constructor(
    private readonly pool: SQL,
    private readonly counts: Counts,
  ) {}

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    this.counts.statements++
    return toQueryResult<Row>(await run(this.reserved ?? this.pool, sql, parameters))
  }

  async *streamQuery<Row>(query: CompiledQuery) {
    yield await this.executeQuery<Row>(query)
  }

  async begin() {
    this.counts.transactions++
    this.reserved = await reserve(this.pool)
    // Not awaited: PostgreSQL reads the next statement from the same message. If `begin` fails, so does that statement.
    this.reserved.unsafe('begin').catch(() => undefined)
  }

  async commit() {
    // PostgreSQL answers ROLLBACK, without an error, if a statement of the transaction failed.
    const { command } = await run(this.reserved ?? this.pool, 'commit')
    if (command !== 'COMMIT') throw new Error(`commit failed: the database answered ${command}`)
  }

  async rollback() {
    await run(this.reserved ?? this.pool, 'rollback')
  }

  /** The pool rolls back a transaction that is still open. */
  release() {
    this.reserved?.release()
    this.reserved = undefined
  }
}

function own(connection: DatabaseConnection) {
  if (!(connection instanceof Connection)) throw new Error('query failed: the connection belongs to another driver')
  return connection
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

async function run(target: Target, text: string, parameters?: readonly unknown[]): Promise<Result> {
  const query = parameters ? target.unsafe(text, parameters.map(withoutNul)) : target.unsafe(text)
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      query.cancel()
      reject(new DatabaseUnreachableError(`query failed: no answer within ${STATEMENT_DEADLINE} ms`))
    }, STATEMENT_DEADLINE)
  })
  const result: Promise<Result> = query.execute()
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
