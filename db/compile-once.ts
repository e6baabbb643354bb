import { sql, type CompiledQuery, type Kysely } from 'kysely'
import { extrasOf } from './extras'
import type { Value } from './reader'
import { isLocked } from './store-faults'

type Run<Row> = (values: Value[]) => Row[] | Promise<Row[]>

/**
 * A query for the hot path: Kysely builds and compiles it once for each database, for that costs several times what
 * SQLite takes to answer. Where the database has a reader, that answers, and at once; Kysely answers inside a transaction.
 * The values in `build` are placeholders; `run` gives the real ones, in the same order.
 */
export function compileOnce<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  const prepared = new WeakMap<Kysely<Schema>, Run<Row>>()
  return function run(db: Kysely<Schema>, values: Value[]) {
    const answer = prepared.get(db) ?? prepare(db, build(db).compile())
    prepared.set(db, answer)
    return answer(values)
  }
}

function prepare<Schema, Row>(db: Kysely<Schema>, query: CompiledQuery<Row>): Run<Row> {
  const inTurn = async (parameters: Value[]) => (await db.executeQuery<Row>({ ...query, parameters })).rows
  const read = extrasOf(db).reader?.prepare<Row>(query.sql)
  return read ? (values) => unlessLocked(() => read(values)) ?? inTurn(values) : inTurn
}

/** Undefined where another process has locked even readers out, which is rare and short: then one waits as for a write. */
function unlessLocked<Rows>(read: () => Rows) {
  try {
    return read()
  } catch (error) {
    if (!isLocked(error)) throw error
  }
}

/**
 * The placeholder for a text that a join begins with. With a bare parameter SQLite would look each time whether this very
 * value makes for a better plan, and planning takes four times as long as answering.
 */
export const givenText = sql<string>`cast(${''} as text)`
