import { sql, type Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator, type Migration } from 'kysely/migration'
import * as migrations from './migrations'
import type { Schema } from './schema'
import { isPostgres, type SchemaPart } from './engine/engine'
import * as postgres from './postgres/list-schema'
import * as sqlite from './sqlite/list-schema'

/**
 * Returns the names of the migrations that it applied. An adopter's migrations sort after ours, so a later version of ours
 * must run although theirs has run.
 */
export async function migrate(db: Kysely<Schema>, list: Record<string, Migration> = migrations) {
  const provider = { getMigrations: async () => list }
  const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true })
  const { error, results } = await migrator.migrateToLatest()
  const failed = results?.find(({ status }) => status === 'Error')
  if (error instanceof Error && failed) error.message = `migration ${failed.migrationName} failed: ${error.message}`
  if (error) throw error
  return results?.map(({ migrationName }) => migrationName) ?? []
}

/** Throws if other programs or another version wrote the database. It only reads. */
export async function checkHistory(db: Kysely<Schema>) {
  const tables = (await db.introspection.getTables({ withInternalKyselyTables: true })).map(({ name }) => name)
  const history = sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`
  const executed = tables.includes(DEFAULT_MIGRATION_TABLE)
    ? (await history.execute(db)).rows.map(({ name }) => name)
    : []
  const others = tables.filter((name) => !name.startsWith('kysely_'))
  if (executed.length === 0 && others.length > 0)
    throw new Error(
      `its tables (${shorten(others)}) do not come from the migrations of this app. Set DATABASE_URL to another file, or restore a backup.`,
    )
  const unknown = executed.filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length > 0)
    throw new Error(
      `it has a migration that this version does not know (${shorten(unknown)}). Start the version that wrote it, or restore a backup of this version.`,
    )
}

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

const MAX_LISTED = 5

const shorten = (list: string[]) =>
  list.length > MAX_LISTED
    ? `${list.slice(0, MAX_LISTED).join(', ')} and ${list.length - MAX_LISTED} more`
    : list.join(', ')
