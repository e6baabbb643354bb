import { sql, type Kysely } from 'kysely'
import type { RowStore, TableShape, TextRow } from '../engine/engine'

/** `transaction` must be open: a cursor ends with it. */
export function openRowStore<Schema>(transaction: Kysely<Schema>): RowStore {
  const tables = listTables(transaction)
  let cursors = 0

  async function asText(table: string, column: string) {
    const { booleans } = (await tables).find(({ name }) => name === table) ?? {}
    // SQLite has no booleans: it returns 1 and 0.
    return booleans?.includes(column) ? sql`${sql.ref(column)}::int::text` : sql`${sql.ref(column)}::text`
  }

  return {
    listTables: async () => (await tables).map(({ booleans: _, ...table }) => table),
    async *readRows(table, columns) {
      const cursor = sql.id(`rows_${++cursors}`)
      const texts = await Promise.all(columns.map((name) => asText(table, name)))
      const values = sql`json_build_array(${sql.join(texts)})::text`
      await sql`declare ${cursor} no scroll cursor for select ${values} as row from ${sql.table(table)}`.execute(
        transaction,
      )
      const fetch = sql<{ row: string }>`fetch 500 from ${cursor}`
      for (;;) {
        const { rows } = await fetch.execute(transaction)
        if (rows.length === 0) break
        yield rows.map(({ row }): TextRow => JSON.parse(row))
      }
      await sql`close ${cursor}`.execute(transaction)
    },
    async writeRows(table, columns, rows) {
      const objects = rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])))
      const names = sql.join(columns.map((name) => sql.ref(name)))
      await sql`insert into ${sql.table(table)} (${names}) select ${names}
        from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(objects)}::text::json)`.execute(
        transaction,
      )
    },
  }
}

async function listTables<Schema>(db: Kysely<Schema>) {
  const { rows } = await sql<TableShape & { booleans: string[] }>`
    select c.relname as name,
      (select json_agg(a.attname) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      (select coalesce(json_agg(a.attname), '[]') from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'bool'::regtype) as booleans,
      (select coalesce(json_agg(distinct parent.relname), '[]') from pg_constraint k
        join pg_class parent on parent.oid = k.confrelid where k.conrelid = c.oid and k.contype = 'f') as "references"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`.execute(db)
  return rows.map((table) => ({ ...table, columns: table.columns.toSorted() }))
}

/** Waits for no server: if one writes at this moment, the copy fails. */
export const lockTables = <Schema>(transaction: Kysely<Schema>, names: string[]) =>
  sql`lock table ${sql.join(names.map((name) => sql.table(name)))} in access exclusive mode nowait`.execute(transaction)

/** Also of programs that only wait. */
export async function countOtherConnections<Schema>(db: Kysely<Schema>) {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`.execute(db)
  return rows[0]?.count ?? 0
}

export const analyze = <Schema>(db: Kysely<Schema>) => sql`analyze`.execute(db)
