import { sql, type Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator, type Migration } from 'kysely/migration'
import * as migrations from './migrations'
import type { Schema } from './schema'
import { isPostgres } from './engine/engine'
import { lockMigrations, retryMigration } from './postgres/migration-lock'
import { listTables } from './list-tables'

/** `outsideTransaction`: for `create index concurrently`. Such a step may run twice, also at the same time. */
export type Step = Migration & { outsideTransaction?: boolean }
type Steps = Record<string, Step>

/**
 * Returns the names of the migrations that it applied. An adopter's migrations sort after ours, so a later version of ours
 * must run although theirs has run.
 */
export async function migrate(db: Kysely<Schema>, list: Steps = migrations) {
  const applied: string[] = []
  for (;;) {
    const { pending } = await checkHistory(db, list)
    const [next] = pending
    if (next === undefined) return applied
    const outside = pending.filter((name) => list[name]?.outsideTransaction)
    const later = pending.slice(outside[0] === undefined ? pending.length : pending.indexOf(outside[0]))
    if (list[next]?.outsideTransaction) applied.push(...(await runOutside(db, list, next)))
    else applied.push(...(await retryMigration(() => runInTransaction(db, without(list, later)))))
  }
}

const without = (list: Steps, names: string[]) =>
  Object.fromEntries(Object.entries(list).filter(([name]) => !names.includes(name)))

/** A step that a crash interrupts is not recorded, so the next start repeats it. */
async function runOutside(db: Kysely<Schema>, list: Steps, name: string) {
  await retryMigration(() => list[name]?.up(db) ?? Promise.resolve()).catch((error) => {
    throw nameMigration(error, name)
  })
  const { pending } = await checkHistory(db, list)
  const done = { ...without(list, pending), [name]: { up: async () => undefined } }
  return retryMigration(() => runInTransaction(db, done))
}

/** Another process may have migrated meanwhile, so the history is read again behind the lock. */
const runInTransaction = (db: Kysely<Schema>, list: Steps) =>
  db.transaction().execute(async (transaction) => {
    if (isPostgres(db)) await lockMigrations(transaction)
    const { pending } = await checkHistory(transaction, list)
    if (pending.length === 0) return []
    const provider = { getMigrations: async () => list }
    const migrator = new Migrator({ db: transaction, provider, allowUnorderedMigrations: true })
    const { error, results } = await migrator.migrateToLatest()
    const failed = results?.find(({ status }) => status === 'Error')
    if (error) throw failed ? nameMigration(error, failed.migrationName) : error
    return results?.map(({ migrationName }) => migrationName) ?? []
  })

function nameMigration(error: unknown, name: string) {
  if (error instanceof Error) error.message = `migration ${name} failed: ${error.message}`
  return error
}

export interface History {
  /** Migrations of this version that did not run yet, in their order. */
  pending: string[]
  /** All of this version ran, and others besides. */
  isNewer: boolean
}

/** Throws if other programs, or a version that excludes this one, wrote the database. It only reads. */
export async function checkHistory(db: Kysely<Schema>, list: Steps = migrations): Promise<History> {
  const tables = (await listTables(db)).map(({ name }) => name)
  const executed = tables.includes(DEFAULT_MIGRATION_TABLE) ? await readNames(db, DEFAULT_MIGRATION_TABLE) : []
  const others = tables.filter((name) => !name.startsWith('kysely_'))
  if (executed.length === 0 && others.length > 0)
    throw new Error(
      `its tables (${shorten(others)}) do not come from the migrations of this app. Set DATABASE_URL to another database, or restore a backup.`,
    )
  const unknown = executed.filter((name) => !Object.hasOwn(list, name))
  const pending = Object.keys(list)
    .filter((name) => !executed.includes(name))
    .toSorted()
  const floor = tables.includes('schema_floor') ? await readNames(db, 'schema_floor') : []
  const forbidding = pending.length > 0 ? unknown : floor.filter((name) => !Object.hasOwn(list, name))
  if (forbidding.length > 0)
    throw new Error(
      `it has a migration that this version cannot work with (${shorten(forbidding)}). Start the version that wrote it, or restore a backup of this version.`,
    )
  return { pending, isNewer: unknown.length > 0 }
}

/** Reads whole rows: for the names alone, SQLite reads only their index, and a damaged table stays unnoticed. */
async function readNames(db: Kysely<Schema>, table: string) {
  const { rows } = await sql<{ name: string }>`select * from ${sql.table(table)} order by name`.execute(db)
  return rows.map(({ name }) => name)
}

/** For a process that must not migrate. */
export function requireMigrated({ pending }: History) {
  if (pending.length > 0)
    throw new Error(
      `it lacks migrations (${shorten(pending)}), and MIGRATE=off applies none. Run bun run db migrate first`,
    )
}

const MAX_LISTED = 5

export const shorten = (list: string[]) =>
  list.length > MAX_LISTED
    ? `${list.slice(0, MAX_LISTED).join(', ')} and ${list.length - MAX_LISTED} more`
    : list.join(', ')
