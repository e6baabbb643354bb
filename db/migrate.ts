import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import * as initial from './migrations/0001_initial'
import * as rememberSecretTree from './migrations/0002_remember_secret_tree'
import type { Schema } from './schema'

// A map, because a bundle cannot read the folder.
export const migrations = {
  '0001_initial': initial,
  '0002_remember_secret_tree': rememberSecretTree,
}

export async function migrate(db: Kysely<Schema>) {
  const provider = { getMigrations: async () => migrations }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error) throw error
}

/** Throws if `db` lacks a column of `fresh`, which ran the same migrations: then a migration was edited after it ran. */
export async function checkSchema(db: Kysely<Schema>, fresh: Kysely<Schema>) {
  const [present, expected] = await Promise.all([listColumns(db), listColumns(fresh)])
  const missing = expected.filter((column) => !present.includes(column))
  if (missing.length > 0) throw new Error(`missing columns: ${missing.join(', ')}`)
}

const listColumns = async (db: Kysely<Schema>) =>
  (await db.introspection.getTables()).flatMap((table) => table.columns.map(({ name }) => `${table.name}.${name}`))
