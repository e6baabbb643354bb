import { sql } from 'kysely'
import type { Site } from './site'

type Row = Record<string, unknown>

/** By database, because the list takes PostgreSQL 15 ms. No test adds a table between two dumps. */
const tablesOf = new WeakMap<object, string[]>()

/** All rows by table. Rows of a table are sorted, because PostgreSQL returns them in any order. */
export async function dumpDatabase({ deps: { db } }: Pick<Site, 'deps'>): Promise<Record<string, Row[]>> {
  const tables = tablesOf.get(db) ?? (await db.introspection.getTables()).map(({ name }) => name)
  tablesOf.set(db, tables)
  const rows = await Promise.all(tables.map((name) => sql<Row>`select * from ${sql.table(name)}`.execute(db)))
  return Object.fromEntries(rows.map((all, i) => [tables[i], all.rows.toSorted(byText)]))
}

const byText = (a: Row, b: Row) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
