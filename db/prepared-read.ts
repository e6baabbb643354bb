import { sql, type CompiledQuery, type Kysely } from 'kysely'
import { engineOf } from './engine/engine'

type RunQuery<Row> = (values: unknown[]) => Row[] | Promise<Row[]>

/**
 * Measured: building and compiling a query takes several times as long as running it in SQLite. `run` takes the values in
 * the order of the placeholders in `build`. Outside a transaction it reads committed rows without waiting for writers.
 */
export function preparedRead<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  const prepared = new WeakMap<Kysely<Schema>, RunQuery<Row>>()
  return function run(db: Kysely<Schema>, values: unknown[]) {
    const query = prepared.get(db) ?? prepare(db, build(db).compile())
    prepared.set(db, query)
    return query(values)
  }
}

function prepare<Schema, Row>(db: Kysely<Schema>, query: CompiledQuery<Row>): RunQuery<Row> {
  if (!db.isTransaction) return engineOf(db).prepareRead(query)
  return async (parameters) => (await db.executeQuery<Row>({ ...query, parameters })).rows
}

/** Like `preparedRead`, but it may write, and waits for an open transaction. */
export function preparedWrite<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  const compiled = new WeakMap<object, CompiledQuery<Row>>() // by the class of the database, because placeholders differ
  return function run(db: Kysely<Schema>, parameters: unknown[]) {
    const { adapter } = db.getExecutor()
    const query = compiled.get(adapter.constructor) ?? build(db).compile()
    compiled.set(adapter.constructor, query)
    return db.executeQuery<Row>({ ...query, parameters })
  }
}

/**
 * The placeholder for a text in the first condition of a join. Measured: with a bare parameter, SQLite plans the query again
 * for each value, which takes four times as long as the query.
 */
export const textParam = sql<string>`cast(${''} as text)`
