import { sql, type Kysely } from 'kysely'
import type { SchemaPart } from '../engine/engine'

interface Row {
  table: string
  name: string
  type: string
  restricts: number
}

const tables = sql`(select name from sqlite_master where type = 'table'
  and name not like 'sqlite~_%' escape '~' and name not like 'kysely~_%' escape '~') as tables`

/** The introspection of Kysely knows no indexes and no foreign keys. */
export async function listSchema<Schema>(db: Kysely<Schema>): Promise<SchemaPart[]> {
  const { rows } = await sql<Row>`
    select tables.name as "table", 'table ' || tables.name as name, '' as type, 0 as restricts from ${tables}
    union all
    select tables.name, 'column ' || tables.name || '.' || info.name,
      lower(info.type) || case when info."notnull" then ' not null' else '' end
        || coalesce(' default ' || info.dflt_value, '') || case when info.pk then ' primary key' else '' end,
      info."notnull" and info.dflt_value is null
      from ${tables} join pragma_table_info(tables.name) as info
    union all
    select tables.name, case when indexes."unique" then 'unique ' else '' end || 'index on ' || tables.name || ' ('
        || (select group_concat(coalesce(info.name, 'expression'), ', ') from pragma_index_info(indexes.name) as info)
        || case when indexes.partial then ') of some rows' else ')' end,
      '', indexes."unique"
      from ${tables} join pragma_index_list(tables.name) as indexes
    union all
    select tables.name, 'foreign key ' || tables.name || '.' || keys."from",
      keys."table" || '.' || coalesce(keys."to", '') || ' on delete ' || lower(keys.on_delete), 1
      from ${tables} join pragma_foreign_key_list(tables.name) as keys`.execute(db)
  return rows.map(({ restricts, ...part }) => ({ ...part, isRestrictive: restricts === 1 }))
}
