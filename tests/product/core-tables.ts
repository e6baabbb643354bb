import { Database } from 'bun:sqlite'
import { Kysely } from 'kysely'
import { migrate } from '@db/migrate'
import * as migrations from '@db/migrations'
import type { Schema } from '@db/schema'
import { createSqliteDialect } from '@db/sqlite/dialect'

/** The tables of this product. An app has migrations of its own, numbered from 1001. */
export async function coreTables() {
  const sqlite = new Database(':memory:')
  const db = new Kysely<Schema>({
    dialect: createSqliteDialect(
      sqlite,
      () => sqlite.close(),
      () => undefined,
    ),
  })
  await migrate(db, Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '1001')))
  const tables = await db.introspection.getTables()
  await db.destroy()
  return tables
}
