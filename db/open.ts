import { Database } from 'bun:sqlite'
import { chmodSync, existsSync } from 'node:fs'
import { Kysely, sql } from 'kysely'
import { createSqliteDialect } from './sqlite/dialect'
import { extrasOf } from './sqlite/extras'
import { openWal } from './sqlite/fsync'
import { checkSchema, migrate } from './migrate'
import { retryWhenBusy } from './sqlite/retry-when-busy'
import { openReadConnection } from './sqlite/prepared-read'
import type { Schema } from './schema'

export type Db = Kysely<Schema>

/** Opens the database that a DATABASE_URL names (`sqlite:` and a path) and brings its tables up to date. */
export async function openDb(url: string): Promise<Db> {
  const path = url.replace('sqlite:', '')
  const isNew = path === ':memory:' || !existsSync(path)
  const sqlite = await openSqlite(path)
  const besides: { close(): void }[] = []
  const close = () => [...besides, sqlite].forEach((one) => one.close())
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(sqlite, close) })
  await migrate(db)
  if (!isNew) await compareWithFresh(db)
  await sql`PRAGMA user_version = 0`.execute(db) // a write like any other: what can only be read stops the start
  if (path === ':memory:') return db
  const [reader, journal] = [openReadConnection(path, sqlite), openWal(path)]
  besides.push(reader, journal)
  Object.assign(extrasOf(db), { reader, fsync: journal.fsync })
  return db
}

async function compareWithFresh(db: Db) {
  const fresh = await openDb('sqlite::memory:')
  await checkSchema(db, fresh)
  await fresh.destroy()
}

async function openSqlite(path: string) {
  const isNew = path !== ':memory:' && !existsSync(path)
  Database.MAX_QUERY_CACHE_SIZE = 500 // statements kept prepared; the default of 20 is less than the house has queries
  const sqlite = new Database(path, { create: true, strict: true })
  if (isNew) chmodSync(path, 0o600) // nobody else on this machine reads the hashes; SQLite's side files follow suit
  sqlite.run('PRAGMA busy_timeout = 0') // we wait ourselves, see patience.ts
  await retryWhenBusy(() => sqlite.run('PRAGMA journal_mode = WAL')) // readers do not wait for the writer
  sqlite.run('PRAGMA wal_autocheckpoint = 250') // 1 MiB of pages: a commit that copies 1,000 (the default) blocks twice as long
  sqlite.run('PRAGMA cache_size = -65536') // at most 64 MiB of what was read, where there is as much; the default is two
  sqlite.run('PRAGMA foreign_keys = ON') // off by default, and set anew on each connection
  sqlite.run('PRAGMA synchronous = NORMAL') // who has to wait for the disk does so in fsync.ts; a process that dies loses nothing
  return sqlite
}
