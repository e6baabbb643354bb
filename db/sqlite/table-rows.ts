import { sql, type Kysely } from 'kysely'
import type { SampleOptions, TableRows } from '../engine/table-rows'

const SAMPLED_ROWS = 200

/** SQLite numbers rows in the order of insertion. Counting a million rows blocks the event loop for 120 ms. */
export const sqliteRows: TableRows = {
  /** Reads rows at equal distances. The share of the numbers that exist tells how many rows there are. */
  async sample<Schema>(db: Kysely<Schema>, table: string, { column, age, random }: SampleOptions) {
    const from = sql.table(table)
    const range = sql<Range>`select (select min(rowid) from ${from}) as first, (select max(rowid) from ${from}) as last`
    const { first = null, last = null } = (await range.execute(db)).rows[0] ?? {}
    if (first === null || last === null) return undefined
    const length = last - first + 1
    const positions = Math.min(length, SAMPLED_ROWS)
    const rowids = Array.from({ length: positions }, (_, i) => first + Math.floor(((i + random) * length) / positions))
    const sampled = sql<Row>`select rowid as position, ${sql.ref(column)} as value from ${from}
      where rowid in (${sql.join(rowids)}) order by ${sql.ref(age)}, rowid`
    const { rows } = await sampled.execute(db)
    return { rows, size: (length * rows.length) / positions, isComplete: positions === length }
  },

  async delete(db, table, rows) {
    const positions = sql.join(rows.map(({ position }) => position))
    await sql`delete from ${sql.table(table)} where rowid in (${positions})`.execute(db)
  },

  async findNewest(db, table, column) {
    const newest = sql<Value>`select ${sql.ref(column)} as value from ${sql.table(table)} order by rowid desc limit 1`
    return (await newest.execute(db)).rows[0]?.value
  },
}

type Range = { first: number | null; last: number | null }
type Row = { position: number; value: string | number }
type Value = { value: number }
