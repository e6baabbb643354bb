import { sql } from 'kysely'
import type { Site } from './site'

/** Everything that the database holds, table by table. */
export async function dumpDatabase({ deps: { db } }: Pick<Site, 'deps'>) {
  const rows: Record<string, Record<string, unknown>[]> = {}
  for (const { name } of await db.introspection.getTables())
    rows[name] = (await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)).rows
  return rows
}
