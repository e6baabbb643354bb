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

/** Runs all pending migrations. Throws if the database is read-only. */
export async function openDb(url: string): Promise<Db> {
  const path = url.replace('sqlite:', '')
  const isNew = path === ':memory:' || !existsSync(path)
  const sqlite = await openSqlite(path)
  const others: { close(): void }[] = []
  const close = () => [...others, sqlite].forEach((connection) => connection.close())
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(sqlite, close) })
  await migrate(db)
  if (!isNew) await compareWithFresh(db)
  await sql`PRAGMA user_version = 0`.execute(db) // a write that throws on a read-only database
  if (path === ':memory:') return db
  const [reader, wal] = [openReadConnection(path, sqlite), openWal(path)]
  others.push(reader, wal)
  Object.assign(extrasOf(db), { reader, fsync: wal.fsync })
  return db
}

async function compareWithFresh(db: Db) {
  const fresh = await openDb('sqlite::memory:')
  await checkSchema(db, fresh)
  await fresh.destroy()
}

async function openSqlite(path: string) {
  const isNew = path !== ':memory:' && !existsSync(path)
  Database.MAX_QUERY_CACHE_SIZE = 500 // the default of 20 is less than the number of queries
  const sqlite = new Database(path, { create: true, strict: true })
  if (isNew) chmodSync(path, 0o600) // other users of the machine must not read hashes; SQLite copies the mode to its WAL
  sqlite.run('PRAGMA busy_timeout = 0') // SQLite would block the event loop; see retry-when-busy.ts
  await retryWhenBusy(() => sqlite.run('PRAGMA journal_mode = WAL')) // readers do not wait for the writer
  sqlite.run('PRAGMA wal_autocheckpoint = 250') // measured: a checkpoint of 1,000 pages (default) blocks twice as long
  sqlite.run('PRAGMA cache_size = -65536') // 64 MiB; the default is 2 MiB
  sqlite.run('PRAGMA foreign_keys = ON') // off by default on each connection
  sqlite.run('PRAGMA synchronous = NORMAL') // a crash of the process loses no commit; see fsync.ts for power cuts
  return sqlite
}
