import type { Database } from 'bun:sqlite'
import type { RowStore, TableShape, TextRow } from '../engine/engine'

const ROWS_AT_ONCE = 500

/** The connection must return integers as bigint. */
export function openRowStore(sqlite: Database): RowStore {
  const list = (text: string, ...values: string[]) =>
    sqlite
      .query<{ name: string }, string[]>(text)
      .all(...values)
      .map(({ name }) => name)

  return {
    async listTables() {
      const names = list(
        `select name from sqlite_master where type = 'table' and name not like 'sqlite~_%' escape '~' order by name`,
      )
      return names.map((name): TableShape => ({
        name,
        columns: list('select name from pragma_table_info(?)', name).toSorted(),
        references: list('select distinct "table" as name from pragma_foreign_key_list(?)', name),
      }))
    },
    async *readRows(table, columns) {
      let batch: TextRow[] = []
      for (const row of sqlite
        .query<object, []>(`select ${columns.map(quote).join(', ')} from ${quote(table)}`)
        .iterate()) {
        batch.push(Object.values(row).map(textOf))
        if (batch.length < ROWS_AT_ONCE) continue
        yield batch
        batch = []
      }
      if (batch.length > 0) yield batch
    },
    async writeRows(table, columns, rows) {
      const types = new Map(
        sqlite
          .query<{ name: string; type: string }, [string]>('select name, type from pragma_table_info(?)')
          .all(table)
          .map(({ name, type }) => [name, type.toLowerCase()]),
      )
      const blobs = columns.map((name) => types.get(name) === 'blob')
      const insert = sqlite.query(
        `insert into ${quote(table)} (${columns.map(quote).join(', ')}) values (${columns.map(() => '?').join(', ')})`,
      )
      for (const row of rows) insert.run(...row.map((text, index) => (blobs[index] ? bytesOf(text) : text)))
    },
  }
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`

/** The text that PostgreSQL writes for the value. */
const textOf = (value: unknown) =>
  value === null ? null : value instanceof Uint8Array ? `\\x${value.toHex()}` : String(value)

const bytesOf = (text: string | null) => (text?.startsWith('\\x') ? Uint8Array.fromHex(text.slice(2)) : text)
