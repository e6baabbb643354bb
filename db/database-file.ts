import { closeSync, lstatSync, openSync, readdirSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** SQLite takes an empty file as a new database. */
export const databaseExists = (path: string) =>
  path === ':memory:' || (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0

/** Beside the file, while it is open or after a crash. */
export const SIDE_FILES = ['-wal', '-shm', '-journal']

export const removeDatabase = (path: string) =>
  ['', ...SIDE_FILES].forEach((ending) => rmSync(path + ending, { force: true }))

const markerOf = (path: string) => join(dirname(path), `.${basename(path)}.created`)

/** Leaves a trace, so that a start after the loss of the database does not create an empty one. */
export function markDatabase(path: string) {
  if (path === ':memory:' || exists(markerOf(path))) return
  writeFileSync(markerOf(path), `The database ${basename(path)} was created in this folder.\n`, { mode: 0o600 })
}

/** The path of a file which shows that the folder of the missing database is in use. */
export function findTrace(path: string) {
  const traces = [markerOf(path), ...['-wal', '-shm'].map((ending) => path + ending)].filter(exists)
  if (isLink(path)) traces.push(path)
  traces.push(...listDatabases(dirname(path)))
  return databaseExists(path) ? undefined : traces[0] // another process may have created it meanwhile
}

const exists = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined
const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

function listDatabases(folder: string) {
  try {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
    return files.map(({ name }) => join(folder, name)).filter(isDatabase)
  } catch {
    return [] // the folder is missing or not readable, which opening the database reports
  }
}

/** Whether the file begins like every file of SQLite. */
export function isDatabase(path: string) {
  const bytes = Buffer.alloc(16)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    readSync(file, bytes, 0, 16, 0)
  } catch {
    return false // not readable for this user
  } finally {
    if (file !== undefined) closeSync(file)
  }
  return bytes.toString('latin1') === 'SQLite format 3\0'
}
