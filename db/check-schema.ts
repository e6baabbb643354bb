import type { Kysely } from 'kysely'
import { isPostgres, type SchemaPart } from './engine/engine'
import { shorten } from './migrate'
import * as postgres from './postgres/list-schema'
import type { Schema } from './schema'
import * as sqlite from './sqlite/list-schema'

/**
 * Throws if `db` differs from `fresh`, which ran the same migrations: then a migration was edited after it ran. `fresh` is an
 * SQLite database, so that only the names of tables and columns are compared with PostgreSQL.
 */
export async function checkSchema(db: Kysely<Schema>, fresh: Kysely<Schema>) {
  const expected = await sqlite.listSchema(fresh)
  const differences = isPostgres(db)
    ? compare(await postgres.listSchema(db), onlyNames(expected))
    : compare(await sqlite.listSchema(db), expected)
  if (differences.length > 0)
    throw new Error(
      `its tables differ from the migrations: ${shorten(differences)}. Start the version that wrote it, or restore a backup.`,
    )
}

const onlyNames = (parts: SchemaPart[]) =>
  parts.filter(({ name }) => /^(table|column) /.test(name)).map((part) => ({ ...part, type: '' }))

function compare(present: SchemaPart[], expected: SchemaPart[]) {
  const find = (parts: SchemaPart[], name: string) => parts.find((part) => part.name === name)
  const ofPresentTables = expected.filter(
    ({ table, name }) => name === `table ${table}` || find(present, `table ${table}`),
  )
  const missing = ofPresentTables.flatMap(({ name, type }) => {
    const part = find(present, name)
    if (!part) return [`${name} is missing`]
    return part.type === type ? [] : [`${name} is "${part.type}" instead of "${type}"`]
  })
  const additional = present
    .filter(
      ({ table, name, isRestrictive }) => isRestrictive && find(expected, `table ${table}`) && !find(expected, name),
    )
    .map(({ name }) => `${name} is not in the migrations`)
  return [...missing, ...additional]
}
