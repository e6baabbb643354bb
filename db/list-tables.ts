import type { Kysely, TableMetadata } from 'kysely'
import { isPostgres } from './engine/engine'
import { currentSchema } from './postgres/list-schema'

/** Also those of Kysely. Other schemas of PostgreSQL may belong to other programs. */
export async function listTables<Schema>(db: Kysely<Schema>): Promise<TableMetadata[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  const schema = isPostgres(db) ? await currentSchema(db) : undefined
  return tables.filter((table) => !table.isView && (schema === undefined || table.schema === schema))
}
