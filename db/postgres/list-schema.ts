import type { Kysely } from 'kysely'
import type { SchemaPart } from '../engine/engine'

/** Tables and columns by their names. Types have other names than on SQLite. */
export async function listSchema<Schema>(db: Kysely<Schema>): Promise<SchemaPart[]> {
  const tables = await db.introspection.getTables()
  return tables.flatMap(({ name: table, columns }) => [
    { table, name: `table ${table}`, type: '', isRestrictive: false },
    ...columns.map(({ name, isNullable, hasDefaultValue }) => ({
      table,
      name: `column ${table}.${name}`,
      type: '',
      isRestrictive: !isNullable && !hasDefaultValue,
    })),
  ])
}
