import { Database } from 'bun:sqlite'
import { sql, type CompiledQuery, type Kysely } from 'kysely'
import { extrasOf, type ReadConnection, type SqlValue } from './extras'
import { isDatabaseBusy } from './errors'

type RunQuery<Row> = (values: SqlValue[]) => Row[] | Promise<Row[]>

/**
 * A query for the hot path: Kysely builds and compiles it once for each database, for that costs several times what
 * SQLite takes to answer. Where the database has a reader, that answers, and at once; Kysely answers inside a transaction.
 * The values in `build` are placeholders; `run` gives the real ones, in the same order.
 */
export function preparedRead<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  const prepared = new WeakMap<Kysely<Schema>, RunQuery<Row>>()
  return function run(db: Kysely<Schema>, values: SqlValue[]) {
    const answer = prepared.get(db) ?? prepare(db, build(db).compile())
    prepared.set(db, answer)
    return answer(values)
  }
}

/**
 * A write for the hot path, which Kysely builds and compiles once. It waits for its turn like any other write. `run` gives
 * the values in the order of the placeholders in `build`.
 */
export function preparedWrite<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  let query: CompiledQuery<Row> | undefined
  return function run(db: Kysely<Schema>, parameters: SqlValue[]) {
    query ??= build(db).compile()
    return db.executeQuery<Row>({ ...query, parameters })
  }
}

function prepare<Schema, Row>(db: Kysely<Schema>, query: CompiledQuery<Row>): RunQuery<Row> {
  const inTurn = async (parameters: SqlValue[]) => (await db.executeQuery<Row>({ ...query, parameters })).rows
  const read = extrasOf(db).reader?.prepare<Row>(query.sql)
  return read ? (values) => orUndefinedIfBusy(() => read(values)) ?? inTurn(values) : inTurn
}

/** Undefined where another process has locked even readers out, which is rare and short: then one waits as for a write. */
function orUndefinedIfBusy<Rows>(read: () => Rows) {
  try {
    return read()
  } catch (error) {
    if (!isDatabaseBusy(error)) throw error
  }
}

/**
 * The placeholder for a text that a join begins with. With a bare parameter SQLite would look each time whether this very
 * value makes for a better plan, and planning takes four times as long as answering.
 */
export const textParam = sql<string>`cast(${''} as text)`

/**
 * Reads at once and without a queue, and always what is committed: on the connection that also writes, for that knows what
 * it has read before, and while a transaction is open there on a second one, which only reads and has to read anew whatever
 * was written since. A database in memory has no second one, and so no reader.
 */
export function openReadConnection(path: string, main: Database): ReadConnection {
  const apart = new Database(path, { readonly: true, strict: true })
  return {
    prepare<Row>(sql: string) {
      const [here, there] = [main, apart].map((sqlite) => sqlite.query<Row, SqlValue[]>(sql))
      // To its end, for a half-read one would keep its view of the past.
      return (values: SqlValue[]): Row[] => (main.inTransaction ? there : here)?.all(...values) ?? []
    },
    close: () => apart.close(),
  }
}
