import { sql, type Kysely } from 'kysely'
import { isPostgres } from './engine'

interface Index {
  name: string
  table: string
  columns: string[]
}

/**
 * For a migration with `outsideTransaction`. Others can write to the table meanwhile. An interrupted run leaves an invalid
 * index, which the next run replaces.
 */
export async function createIndexConcurrently<Schema>(db: Kysely<Schema>, { name, table, columns }: Index) {
  if (!isPostgres(db)) {
    await db.schema.createIndex(name).ifNotExists().on(table).columns(columns).execute()
    return
  }
  const { rows } = await sql<{ valid: boolean }>`select i.indisvalid as valid from pg_index i
    join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relname = ${name}`.execute(db)
  if (rows[0]?.valid) return
  const columnList = sql.join(columns.map((column) => sql.id(column)))
  await sql`drop index concurrently if exists ${sql.id(name)}`.execute(db)
  await sql`create index concurrently ${sql.id(name)} on ${sql.table(table)} (${columnList})`.execute(db)
}
