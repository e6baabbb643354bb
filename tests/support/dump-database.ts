import { sql } from 'kysely'
import type { Site } from './site'

export async function dumpDatabase({ deps: { db } }: Pick<Site, 'deps'>) {
  const rows: Record<string, Record<string, unknown>[]> = {}
  for (const { name } of await db.introspection.getTables())
    rows[name] = (await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)).rows
  return rows
}
