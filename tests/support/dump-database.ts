import { sql } from 'kysely'
import type { Site } from './site'

/** All rows by table. Rows of a table are sorted, because PostgreSQL returns them in any order. */
export async function dumpDatabase({ deps: { db } }: Pick<Site, 'deps'>) {
  const rows: Record<string, Record<string, unknown>[]> = {}
  for (const { name } of await db.introspection.getTables()) {
    const all = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)
    rows[name] = all.rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  return rows
}
