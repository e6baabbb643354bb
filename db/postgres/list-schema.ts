import { sql, type Kysely } from 'kysely'
import type { SchemaPart } from '../engine/engine'

/** The first schema of the search path: there, a table without a schema is found and created. */
export async function currentSchema<Schema>(db: Kysely<Schema>) {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(db)
  return rows[0]?.name ?? 'public'
}

/** Tables and columns by their names. Types have other names than on SQLite. */
export async function listSchema<Schema>(db: Kysely<Schema>): Promise<SchemaPart[]> {
  const schema = await currentSchema(db)
  const tables = (await db.introspection.getTables()).filter((table) => table.schema === schema)
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

/** Other encodings cannot hold every name, and SQL_ASCII checks nothing. */
export async function requireUtf8<Schema>(db: Kysely<Schema>) {
  const { rows } = await sql<{ encoding: string }>`select current_setting('server_encoding') as encoding`.execute(db)
  const [row] = rows
  if (row?.encoding !== 'UTF8')
    throw new Error(`its encoding is ${row?.encoding}. Create a database with encoding 'UTF8' template template0`)
}
