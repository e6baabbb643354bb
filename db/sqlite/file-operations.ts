import { Database } from 'bun:sqlite'
import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs'

/** The number of rows of each table. */
export type RowCounts = Record<string, number>

/** Copies the database to a new file. It works while a server runs. */
export function vacuumInto(path: string, copy: string) {
  const sqlite = open(path)
  try {
    sqlite.query('vacuum into ?').run(copy)
  } finally {
    sqlite.close()
  }
  chmodSync(copy, 0o600)
}

/** Throws if a page is damaged or a foreign key has no row. */
export function checkIntegrity(path: string): RowCounts {
  const sqlite = open(path)
  try {
    const [problem] = sqlite.query<{ integrity_check: string }, []>('pragma integrity_check(1)').all()
    if (problem?.integrity_check !== 'ok')
      throw new Error(`integrity check failed: ${problem?.integrity_check.replace(/\s+/g, ' ')}`)
    const [orphan] = sqlite.query<{ table: string }, []>('pragma foreign_key_check').all()
    if (orphan) throw new Error(`integrity check failed: a row of ${orphan.table} has no parent`)
    const tables = sqlite.query<{ name: string }, []>(
      `select name from sqlite_master where type = 'table' and name not like 'sqlite~_%' escape '~' and name not like 'kysely~_%' escape '~' order by name`,
    )
    return Object.fromEntries(tables.all().map(({ name }) => [name, countRows(sqlite, name)]))
  } finally {
    sqlite.close()
  }
}

const countRows = (sqlite: Database, table: string) =>
  sqlite.query<{ n: number }, []>(`select count(*) as n from "${table.replaceAll('"', '""')}"`).get()?.n ?? 0

/**
 * Moves all changes from the WAL into the file and locks it. Throws a busy error if another process has it open, because
 * only the last connection can leave the WAL mode.
 */
export function lockAlone(path: string, options?: { safeIntegers: boolean }) {
  const sqlite = open(path, options)
  try {
    sqlite.run('PRAGMA busy_timeout = 0')
    sqlite.query('PRAGMA journal_mode = DELETE').all()
    sqlite.run('BEGIN EXCLUSIVE')
    return sqlite
  } catch (error) {
    sqlite.close()
    throw error
  }
}

function open(path: string, options?: { safeIntegers: boolean }) {
  const sqlite = new Database(path, { readwrite: true, create: false, strict: true, ...options })
  sqlite.run('PRAGMA busy_timeout = 5000') // this process has nothing else to do
  return sqlite
}

/** Until a folder is written to disk, a power cut can undo a rename in it. */
export function fsyncPath(path: string) {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
