import type { CompiledQuery, Kysely, QueryResult } from 'kysely'

/**
 * A query for the hot path: Kysely builds and compiles it once for each database, for that costs several times what
 * SQLite takes to answer. The values in `build` are placeholders; `run` gives the real ones, in the same order.
 */
export function compileOnce<Schema, Row>(build: (db: Kysely<Schema>) => { compile(): CompiledQuery<Row> }) {
  const compiled = new WeakMap<Kysely<Schema>, CompiledQuery<Row>>()
  return function run(db: Kysely<Schema>, parameters: unknown[]): Promise<QueryResult<Row>> {
    const query = compiled.get(db) ?? build(db).compile()
    compiled.set(db, query)
    return db.executeQuery({ ...query, parameters })
  }
}
