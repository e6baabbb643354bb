import { sql, type Kysely } from 'kysely'
import type { SampleOptions, TableRows } from '../engine/table-rows'

/** More than on SQLite: a scan of the table takes longer, but blocks no event loop. */
const SAMPLED_ROWS = 4000
/** Autovacuum counts a table again after a tenth of its rows changed. */
const SURELY_BELOW = 0.8

export const postgresRows: TableRows = {
  async sample<Schema>(db: Kysely<Schema>, table: string, { column, age, max }: SampleOptions) {
    const estimate = await readEstimate(db, table)
    if (estimate >= 0 && estimate < max * SURELY_BELOW) return undefined
    const from = sql.table(table)
    const counted = await sql<Count>`select count(*) as count from ${from}`.execute(db)
    const size = Number(counted.rows[0]?.count ?? 0)
    if (size <= max) return undefined
    const percent = Math.min(100, (100 * SAMPLED_ROWS) / size)
    const sampled = sql<Row>`select ctid::text as position, ${sql.ref(column)} as value
      from ${from} tablesample bernoulli (${percent}) order by ${sql.ref(age)}, ctid`
    return { rows: (await sampled.execute(db)).rows, size, isComplete: percent === 100 }
  },

  async delete(db, table, rows) {
    const positions = sql.join(rows.map(({ position }) => sql`${position}::tid`))
    await sql`delete from ${sql.table(table)} where ctid in (${positions})`.execute(db)
  },

  async findNewest(db, table, column) {
    const newest = await sql<Newest>`select max(${sql.ref(column)}) as value from ${sql.table(table)}`.execute(db)
    return newest.rows[0]?.value ?? undefined
  },
}

/** Negative if no vacuum has counted the table yet. */
async function readEstimate<Schema>(db: Kysely<Schema>, table: string) {
  const estimate = sql<Estimate>`select reltuples from pg_class where oid = to_regclass(${table})`
  return Number((await estimate.execute(db)).rows[0]?.reltuples ?? -1)
}

type Count = { count: number | string }
type Row = { position: string; value: string | number }
type Newest = { value: number | null }
type Estimate = { reltuples: number }
