import { Database } from 'bun:sqlite'
import { chmodSync, existsSync } from 'node:fs'
import { Kysely, sql } from 'kysely'
import { dialectOf } from './dialect'
import { createFlush } from './flush'
import { migrate } from './migrate'
import { keepReader, openReader } from './reader'
import type { Schema } from './schema'

export type Db = Kysely<Schema>

/** Opens the database that a DATABASE_URL names (`sqlite:` and a path) and brings its tables up to date. */
export async function openDb(url: string): Promise<Db> {
  const path = url.replace('sqlite:', '')
  const sqlite = openSqlite(path)
  const ofFile = path === ':memory:' ? undefined : { reader: openReader(path), disk: createFlush(`${path}-wal`) }
  const close = () => [ofFile?.reader, sqlite].forEach((one) => one?.close())
  const db = new Kysely<Schema>({ dialect: dialectOf(sqlite, close, ofFile?.disk) })
  await migrate(db)
  await sql`PRAGMA user_version = 0`.execute(db) // a write like any other: what can only be read stops the start
  if (ofFile) keepReader(db, ofFile.reader)
  return db
}

function openSqlite(path: string) {
  const isNew = path !== ':memory:' && !existsSync(path)
  Database.MAX_QUERY_CACHE_SIZE = 500 // statements kept prepared; the default of 20 is less than the house has queries
  const sqlite = new Database(path, { create: true, strict: true })
  if (isNew) chmodSync(path, 0o600) // nobody else on this machine reads the hashes; SQLite's side files follow suit
  sqlite.run('PRAGMA busy_timeout = 2000') // the next line may have to wait, and nobody else is here yet
  sqlite.run('PRAGMA journal_mode = WAL') // readers do not wait for the writer
  sqlite.run('PRAGMA busy_timeout = 0') // from here on we wait ourselves: SQLite would stop the process for it
  sqlite.run('PRAGMA foreign_keys = ON') // off by default, and set anew on each connection
  // The disk is waited for in flush.ts, where it matters. A process that dies loses nothing by that.
  sqlite.run('PRAGMA synchronous = NORMAL')
  return sqlite
}
