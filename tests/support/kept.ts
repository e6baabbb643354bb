import { sql } from 'kysely'
import type { Site } from './site'

/** Everything that the database holds, table by table. */
export async function kept({ deps: { db } }: Pick<Site, 'deps'>) {
  const tables = await sql<{ name: string }>`select name from sqlite_master where type = 'table' order by name`.execute(
    db,
  )
  const rows: Record<string, unknown[]> = {}
  for (const { name } of tables.rows)
    if (!name.startsWith('kysely')) rows[name] = (await sql<object>`select * from ${sql.table(name)}`.execute(db)).rows
  return rows
}
