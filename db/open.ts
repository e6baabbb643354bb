import type { Kysely } from 'kysely'
import { setEngine, type Engine } from './engine/engine'
import { checkSchema } from './check-schema'
import { splitHosts } from './host-list'
import { checkHistory, migrate, requireMigrated, type History } from './migrate'
import { requireUtf8 } from './postgres/list-schema'
import { checkPooler } from './postgres/pooler'
import { openPostgres, type PostgresOptions } from './postgres/open'
import type { Schema } from './schema'
import { openSqlite } from './sqlite/open'

export type Db = Kysely<Schema>

export interface DatabaseOptions extends Omit<PostgresOptions, 'listenUrls'> {
  /** The server itself, if the URL leads through a pooler. */
  listenUrl?: string
  /** Whether pending migrations stop the opening instead of being applied. */
  onlyCheck?: boolean
  /** Receives the name of each migration that was applied. */
  onMigrated?(name: string): void
  /** A migrated file, to copy into a database in memory. Tests open thousands of them. */
  contents?: Uint8Array
  /** A newer version has migrated the database. */
  onNewer?(): void
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
    check: async (db) => checkBefore(await checkHistory(db), options),
    async migrate(db, isNew) {
      if (options.contents) return
      await runMigrations(db, options)
      if (!isNew) await compareWithFresh(db)
    },
  })

async function openServer(url: string, options: DatabaseOptions): Promise<{ db: Db; engine: Engine }> {
  const { listenUrl = url } = options
  await checkPooler(splitHosts(url), splitHosts(listenUrl))
  await prepareServer(url, options)
  return openPostgres<Schema>(splitHosts(url), { ...options, listenUrls: splitHosts(listenUrl) })
}

/** On a connection without deadlines: a migration may take longer than a request. */
async function prepareServer(url: string, options: DatabaseOptions) {
  const { db } = openPostgres<Schema>(splitHosts(url), { ...options, pool: 1, isBatch: true })
  try {
    await requireUtf8(db)
    checkBefore(await checkHistory(db), options)
    await runMigrations(db, options)
    await compareWithFresh(db)
  } finally {
    await db.destroy()
  }
}

function checkBefore(history: History, { onlyCheck, onNewer }: DatabaseOptions) {
  if (onlyCheck) requireMigrated(history)
  if (history.isNewer) onNewer?.()
}

async function runMigrations(db: Db, { onMigrated }: DatabaseOptions) {
  for (const name of await migrate(db)) onMigrated?.(name)
}

async function compareWithFresh(db: Db) {
  const fresh = await openDb(`${SQLITE}:memory:`)
  await checkSchema(db, fresh).finally(() => fresh.destroy())
}
