import type { Kysely } from 'kysely'
import { setEngine, type Engine } from './engine/engine'
import { checkHistory, checkSchema, migrate } from './migrate'
import { openPostgres, type PostgresOptions } from './postgres/open'
import type { Schema } from './schema'
import { openSqlite } from './sqlite/open'

export type Db = Kysely<Schema>

export interface DatabaseOptions extends PostgresOptions {
  /** Receives the name of each migration that was applied. */
  onMigrated?(name: string): void
  /** A migrated file, to copy into a database in memory. Tests open thousands of them. */
  contents?: Uint8Array
}

const SQLITE = 'sqlite:'

/** The path of the file, or undefined for a database on a server. */
export const sqlitePath = (url: string) => (url.startsWith(SQLITE) ? url.slice(SQLITE.length) : undefined)

/**
 * Runs all pending migrations. Throws if the database is read-only, or if it does not belong to the migrations.
 */
export async function openDb(url: string, options: DatabaseOptions = {}): Promise<Db> {
  const path = sqlitePath(url)
  const { db, engine } = path === undefined ? await openServer(url, options) : await openFile(path, options)
  setEngine(db, engine)
  return db
}

const openFile = (path: string, options: DatabaseOptions) =>
  openSqlite<Schema>(path, {
    contents: options.contents,
    check: checkHistory,
    async migrate(db, isNew) {
      if (options.contents) return
      await runMigrations(db, options)
      if (!isNew) await compareWithFresh(db)
    },
  })

async function openServer(url: string, options: DatabaseOptions): Promise<{ db: Db; engine: Engine }> {
  const opened = openPostgres<Schema>(url, options)
  try {
    await checkHistory(opened.db)
    await runMigrations(opened.db, options)
    await compareWithFresh(opened.db)
    return opened
  } catch (error) {
    await opened.db.destroy()
    throw error
  }
}

async function runMigrations(db: Db, { onMigrated }: DatabaseOptions) {
  for (const name of await migrate(db)) onMigrated?.(name)
}

async function compareWithFresh(db: Db) {
  const fresh = await openDb(`${SQLITE}:memory:`)
  await checkSchema(db, fresh).finally(() => fresh.destroy())
}
