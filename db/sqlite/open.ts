import { Database } from 'bun:sqlite'
import { chmodSync, existsSync, realpathSync } from 'node:fs'
import { Kysely, type CompiledQuery } from 'kysely'
import type { Channel, Engine } from '../engine/engine'
import { createSqliteChannel, noChannel } from './channel'
import { createSqliteDialect } from './dialect'
import { assertNotMoved, openFileCheck, type FileCheck } from './file-check'
import { openWal } from './fsync'
import { openReadConnection, prepareRead, type ReadConnection } from './read-connection'
import { retryWhenBusy } from './retry-when-busy'
import { sqliteRows } from './table-rows'

export interface Steps<Schema> {
  /** Before the first write: the file may belong to another program. */
  check(db: Kysely<Schema>): Promise<void>
  migrate(db: Kysely<Schema>, isNew: boolean): Promise<void>
  /** For a database in memory. By default it is empty. */
  contents?: Uint8Array
}

export async function openSqlite<Schema>(path: string, steps: Steps<Schema>) {
  const isNew = path === ':memory:' || !existsSync(path)
  const sqlite = await connect(path, isNew, steps.contents)
  const others: { close(): unknown }[] = []
  let check: FileCheck | undefined
  const close = () => {
    check?.findError() // sets the WAL aside if the file was overwritten
    for (const one of [...others, sqlite, ...(check ? [check] : [])]) one.close()
  }
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(sqlite, close, () => check?.assert()) })
  try {
    await steps.check(db)
    assertNotMoved(path, sqlite) // a restore may have replaced it while this process waited for the lock
    await retryWhenBusy(() => sqlite.run('PRAGMA journal_mode = WAL')) // readers do not wait for the writer
    await steps.migrate(db, isNew)
    await retryWhenBusy(() => writeHeader(sqlite))
    if (path === ':memory:') return { db, engine: createEngine(db) }
    const file = realpathSync(path) // SQLite puts the WAL beside the target of a link
    const [reader, wal] = [openReadConnection(file, sqlite), openWal(file)]
    const channel = createSqliteChannel(sqlite)
    others.push(reader, wal, channel)
    check = openFileCheck(path, file, sqlite)
    return { db, engine: createEngine(db, { reader, channel, fsync: wal.fsync, findFileError: check.findError }) }
  } catch (error) {
    close()
    throw error
  }
}

type File = { reader: ReadConnection; channel: Channel; fsync(): Promise<void>; findFileError(): string | undefined }

function createEngine<Schema>(db: Kysely<Schema>, file?: File): Engine {
  return {
    name: 'sqlite',
    openClock: async ({ systemTime }) => systemTime,
    channel: file?.channel ?? noChannel,
    queueForLocks: (_, work) => work(),
    prepareTransaction: async () => undefined,
    waitForFsync: () => file?.fsync(),
    prepareRead: <Row>(query: CompiledQuery<Row>) => prepareRead<Schema, Row>(db, file?.reader, query),
    readSnapshot: (db, read) => read(db),
    rows: sqliteRows,
    findFileError: () => file?.findFileError(),
  }
}

/** Throws if the database is read-only. The random number tells this file from its copies; see file-check.ts. */
function writeHeader(sqlite: Database) {
  const random = sqlite.query<{ n: number }, []>('select abs(random() % 2147483647) as n').get()?.n ?? 0
  sqlite.run(`PRAGMA user_version = ${random}`)
  sqlite.run('PRAGMA wal_checkpoint(PASSIVE)')
}

async function connect(path: string, isNew: boolean, contents?: Uint8Array) {
  Database.MAX_QUERY_CACHE_SIZE = 500 // the default of 20 is less than the number of queries
  const sqlite = contents
    ? Database.deserialize(contents, { strict: true })
    : new Database(path, { create: true, strict: true })
  if (isNew && path !== ':memory:') chmodSync(path, 0o600) // other users must not read hashes; SQLite copies the mode to its WAL
  sqlite.run('PRAGMA busy_timeout = 0') // SQLite would block the event loop; see retry-when-busy.ts
  sqlite.run('PRAGMA wal_autocheckpoint = 250') // measured: a checkpoint of 1,000 pages (default) blocks twice as long
  await retryWhenBusy(() => sqlite.run('PRAGMA cache_size = -65536')) // 64 MiB; the default is 2 MiB
  sqlite.run('PRAGMA secure_delete = ON') // otherwise the bytes of a deleted account stay readable in the file
  sqlite.run('PRAGMA foreign_keys = ON') // off by default on each connection
  sqlite.run('PRAGMA synchronous = NORMAL') // a crash of the process loses no commit; see fsync.ts for power cuts
  return sqlite
}
