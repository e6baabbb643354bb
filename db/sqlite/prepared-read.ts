import { Database } from 'bun:sqlite'
import { sql, type CompiledQuery, type Kysely } from 'kysely'
import { extrasOf, type ReadConnection, type SqlValue } from './extras'
import { isDatabaseBusy } from './errors'

type RunQuery<Row> = (values: SqlValue[]) => Row[] | Promise<Row[]>

/**
 * Measured: building and compiling a query takes several times as long as running it in SQLite. The read connection
 * returns rows synchronously. `run` takes the values in the order of the placeholders in `build`.
 */
export function preparedRead<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  const prepared = new WeakMap<Kysely<Schema>, RunQuery<Row>>()
  return function run(db: Kysely<Schema>, values: SqlValue[]) {
    const query = prepared.get(db) ?? prepare(db, build(db).compile())
    prepared.set(db, query)
    return query(values)
  }
}

/** Like `preparedRead`, but Kysely runs the query, so that it waits for an open transaction. */
export function preparedWrite<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  let query: CompiledQuery<Row> | undefined
  return function run(db: Kysely<Schema>, parameters: SqlValue[]) {
    query ??= build(db).compile()
    return db.executeQuery<Row>({ ...query, parameters })
  }
}

function prepare<Schema, Row>(db: Kysely<Schema>, query: CompiledQuery<Row>): RunQuery<Row> {
  const runByKysely = async (parameters: SqlValue[]) => (await db.executeQuery<Row>({ ...query, parameters })).rows
  const read = extrasOf(db).reader?.prepare<Row>(query.sql)
  return read ? (values) => orUndefinedIfBusy(() => read(values)) ?? runByKysely(values) : runByKysely
}

/** Another process can block reads, for example during recovery of the WAL. Kysely then runs the query with retries. */
function orUndefinedIfBusy<Rows>(read: () => Rows) {
  try {
    return read()
  } catch (error) {
    if (!isDatabaseBusy(error)) throw error
  }
}

/**
 * The placeholder for a text in the first condition of a join. Measured: with a bare parameter, SQLite plans the query again
 * for each value, which takes four times as long as the query.
 */
export const textParam = sql<string>`cast(${''} as text)`

/**
 * Reads committed rows without waiting. The main connection is faster, because its page cache stays valid after its own
 * writes. While a transaction is open there, a second connection reads. An in-memory database has no second connection.
 */
export function openReadConnection(path: string, main: Database): ReadConnection {
  const second = new Database(path, { readonly: true, strict: true })
  second.query('select 1 from sqlite_master').all() // opens the WAL now: later it may belong to another file
  return {
    prepare<Row>(sql: string) {
      const [onMain, onSecond] = [main, second].map((sqlite) => sqlite.query<Row, SqlValue[]>(sql))
      // `all`, because a statement that is not read to its end keeps its old snapshot.
      return (values: SqlValue[]): Row[] => (main.inTransaction ? onSecond : onMain)?.all(...values) ?? []
    },
    close: () => second.close(),
  }
}
