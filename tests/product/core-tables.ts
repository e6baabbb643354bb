import { Database } from 'bun:sqlite'
import { Kysely } from 'kysely'
import { migrate } from '@db/migrate'
import * as migrations from '@db/migrations'
import type { Schema } from '@db/schema'
import { createSqliteDialect } from '@db/sqlite/dialect'

/** The tables of this product. An app has migrations of its own, numbered from 1001. */
export const coreTables = () => tablesAfter((name) => name < '1001')

/** The tables of the app, as `notes`, and the columns, as `users.bio`. SECURITY.md may list them. */
export async function ownNames() {
  const namesOf = (tables: Awaited<ReturnType<typeof coreTables>>) =>
    tables.flatMap(({ name, columns }) => [name, ...columns.map((column) => `${name}.${column.name}`)])
  return new Set(namesOf(await tablesAfter(() => true))).difference(new Set(namesOf(await coreTables())))
}

async function tablesAfter(isRun: (migration: string) => boolean) {
  const sqlite = new Database(':memory:')
  const db = new Kysely<Schema>({
    dialect: createSqliteDialect(
      sqlite,
      () => sqlite.close(),
      () => undefined,
    ),
  })
  await migrate(db, Object.fromEntries(Object.entries(migrations).filter(([name]) => isRun(name))))
  const tables = await db.introspection.getTables()
  await db.destroy()
  return tables
}
