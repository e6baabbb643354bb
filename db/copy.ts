import type { Database } from 'bun:sqlite'
import { existsSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Kysely } from 'kysely'
import type { RowStore, TableShape, TextRow } from './engine/engine'
import { databaseExists, removeDatabase } from './database-file'
import { splitHosts } from './host-list'
import { openDb } from './open'
import { openPostgres } from './postgres/open'
import * as postgres from './postgres/row-store'
import type { Schema } from './schema'
import { checkIntegrity, fsyncPath, lockAlone, type RowCounts } from './sqlite/file-operations'
import { isBusy } from './sqlite/errors'
import * as sqlite from './sqlite/row-store'
import { sortTables } from './sort-tables'

/** Whether `SECRET_KEYS` has the key. Without it, the secrets that it encrypts cannot be read. */
type HasKey = (keyId: string) => boolean

/** They describe one database and its processes. */
const NOT_COPIED = /^(kysely_|leases$|schema_floor$)/

const CONNECTIONS_CLOSE_WITHIN = 2000

/** Copies all rows of the file at `path` into an empty database of PostgreSQL, or none. */
export async function copyToServer(path: string, url: string, hasKey: HasKey): Promise<RowCounts> {
  if (!databaseExists(path)) throw new Error(`${path} does not exist`)
  lockFile(path).close() // before a migration changes it
  await migrate(`sqlite:${path}`)
  const file = lockFile(path)
  try {
    const source = sqlite.openRowStore(file)
    await requireKeys(source, hasKey)
    return await withServer(url, async (db) => {
      await db.transaction().execute((transaction) => requireEmpty(postgres.openRowStore(transaction)))
      await migrate(url)
      const counts = await db.transaction().execute((transaction) => copyInto(transaction, source))
      await postgres.analyze(db)
      return counts
    })
  } finally {
    file.close()
  }
}

async function copyInto(transaction: Kysely<Schema>, source: RowStore) {
  const target = postgres.openRowStore(transaction)
  const present = await listCopied(target)
  await postgres.lockTables(
    transaction,
    present.map(({ name }) => name),
  )
  await requireEmpty(target)
  return copyRows(source, target, sortTables(await listCopied(source), present))
}

/** Copies all rows of a database of PostgreSQL into the new file at `path`, or none. */
export async function copyToFile(url: string, path: string, hasKey: HasKey): Promise<RowCounts> {
  if (existsSync(path)) throw new Error(`${path} already exists`)
  const part = `${path}.part`
  removeDatabase(part)
  try {
    await migrate(url)
    const counts = await withServer(url, (db) => copyIntoFile(db, part, hasKey))
    checkIntegrity(part)
    fsyncPath(part)
    renameSync(part, path)
    fsyncPath(dirname(path))
    return counts
  } finally {
    removeDatabase(part)
  }
}

async function copyIntoFile(db: Kysely<Schema>, path: string, hasKey: HasKey) {
  await requireNoOthers(db)
  return db.transaction().execute(async (transaction) => {
    const source = postgres.openRowStore(transaction)
    const tables = await listCopied(source)
    await postgres.lockTables(
      transaction,
      tables.map(({ name }) => name),
    )
    await requireKeys(source, hasKey)
    await migrate(`sqlite:${path}`)
    const file = lockFile(path)
    try {
      const target = sqlite.openRowStore(file)
      const counts = await copyRows(source, target, sortTables(tables, await listCopied(target)))
      file.run('commit')
      return counts
    } finally {
      file.close()
    }
  })
}

const listCopied = async (store: RowStore) => (await store.listTables()).filter(({ name }) => !NOT_COPIED.test(name))

async function migrate(url: string) {
  const onNewer = () => {
    throw new Error('the database is newer than this version')
  }
  await (await openDb(url, { onNewer })).destroy()
}

async function withServer<T>(url: string, work: (db: Kysely<Schema>) => Promise<T>) {
  const { db } = openPostgres<Schema>(splitHosts(url), { pool: 1, isBatch: true, name: 'copy' })
  return work(db).finally(() => db.destroy())
}

function lockFile(path: string): Database {
  try {
    return lockAlone(path, { safeIntegers: true })
  } catch (error) {
    if (isBusy(error)) throw new Error('a process has the file open. Stop the server first', { cause: error })
    throw error
  }
}

/** The connections of this process that were closed before end some milliseconds later. */
async function requireNoOthers(db: Kysely<Schema>) {
  for (let waited = 0; ; waited += 100) {
    const count = await postgres.countOtherConnections(db)
    if (count === 0) return
    if (waited >= CONNECTIONS_CLOSE_WITHIN)
      throw new Error(`other programs are connected to the database (${count}). Stop all servers first`)
    await Bun.sleep(100)
  }
}

async function requireEmpty(store: RowStore) {
  for (const { name, columns } of await listCopied(store))
    for await (const rows of store.readRows(name, columns))
      if (rows.length > 0) throw new Error(`the target is not empty: ${name} has rows`)
}

async function requireKeys(store: RowStore, hasKey: HasKey) {
  const missing = new Set<string>()
  for (const { name, columns } of await listCopied(store))
    if (columns.includes('key_id'))
      for await (const rows of store.readRows(name, ['key_id']))
        for (const [keyId] of rows) if (keyId && !hasKey(keyId)) missing.add(keyId)
  if (missing.size === 0) return
  throw new Error(
    `SECRET_KEYS lacks keys that encrypt stored secrets (${[...missing].toSorted().join(', ')}). ` +
      'Take them from the key file next to the SQLite file',
  )
}

async function copyRows(source: RowStore, target: RowStore, tables: TableShape[]) {
  const counts: RowCounts = {}
  for (const { name, columns } of tables) {
    const read = newSum()
    for await (const rows of source.readRows(name, columns)) {
      read.add(rows)
      await target.writeRows(name, columns, rows)
    }
    const written = newSum()
    for await (const rows of target.readRows(name, columns)) written.add(rows)
    if (read.text() !== written.text())
      throw new Error(`${name} differs after the copy (${read.text()} and ${written.text()})`)
    counts[name] = read.count()
  }
  return counts
}

/** The number of rows and a hash that does not depend on their order. */
function newSum() {
  let [count, sum] = [0, 0n]
  return {
    add(rows: TextRow[]) {
      count += rows.length
      for (const row of rows) sum += hashOf(row)
      sum = BigInt.asUintN(128, sum)
    },
    count: () => count,
    text: () => `${count} rows, ${sum.toString(16)}`,
  }
}

const hashOf = (row: TextRow) => BigInt(`0x${Bun.SHA256.hash(JSON.stringify(row), 'hex').slice(0, 32)}`)
