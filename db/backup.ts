import { chmodSync, chownSync, copyFileSync, existsSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { openDb } from './open'
import { checkIntegrity, fsyncPath, lockAlone, vacuumInto, type RowCounts } from './sqlite/file-operations'
import { databaseExists, isDatabase, removeDatabase, SIDE_FILES } from './database-file'
import { isBusy } from './sqlite/errors'

/** Copies the database at `path` to the new file `backup`. */
export function backUp(path: string, backup: string): RowCounts {
  if (existsSync(backup)) throw new Error(`${backup} already exists`)
  const copy = `${backup}.part`
  rmSync(copy, { force: true })
  try {
    vacuumInto(path, copy)
    const counts = checkIntegrity(copy)
    fsyncPath(copy)
    renameSync(copy, backup)
    fsyncPath(dirname(backup))
    return counts
  } finally {
    removeDatabase(copy)
  }
}

type Restored = {
  counts: RowCounts
  /** The replaced database. */
  former?: string
  /** False if the database was missing or damaged: then a server may still have it open. */
  isUnused: boolean
}

/**
 * Replaces the database at `path` by a checked and migrated copy of `backup`. Throws without a change if the copy is not
 * usable, or if a process has the database open. `time` is in the name of the replaced database.
 */
export async function restore(path: string, backup: string, time: Date): Promise<Restored> {
  const target = existsSync(path) ? realpathSync(path) : path
  if (!existsSync(backup)) throw new Error(`${backup} does not exist`)
  if (existsSync(target) && isSameFile(target, backup)) throw new Error(`${backup} is the database itself`)
  const copy = join(dirname(target), `.${basename(target)}.restoring`)
  removeDatabase(copy)
  try {
    const counts = await prepareCopy(backup, copy)
    keepOwner(target, copy)
    return { counts, ...replace(target, copy, time) }
  } finally {
    removeDatabase(copy)
  }
}

/** The backup stays unchanged: opening it would create side files. */
async function prepareCopy(backup: string, copy: string) {
  if (!statSync(backup).isFile() || !isDatabase(backup)) throw new Error(`${backup} is not a readable SQLite database`)
  copyFileSync(backup, copy)
  chmodSync(copy, 0o600)
  if (existsSync(`${backup}-wal`)) copyFileSync(`${backup}-wal`, `${copy}-wal`)
  checkIntegrity(copy)
  await (await openDb(`sqlite:${copy}`)).destroy() // runs pending migrations and compares the tables
  const counts = checkIntegrity(copy)
  fsyncPath(copy)
  return counts
}

/** If root restores a backup, the server must still be able to write. */
function keepOwner(target: string, copy: string) {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(existsSync(target) ? target : dirname(target))
  chownSync(copy, uid, gid)
}

function replace(target: string, copy: string, time: Date) {
  const lock = databaseExists(target) ? lockUnlessDamaged(target) : undefined
  try {
    const former = `${target}.before-restore-${time.toISOString().replaceAll(':', '')}`
    const moved = move(target, former)
    try {
      renameSync(copy, target)
    } catch (error) {
      move(former, target)
      throw error
    }
    fsyncPath(dirname(target))
    return { former: moved.includes('') ? former : undefined, isUnused: lock !== undefined }
  } finally {
    lock?.close()
  }
}

function lockUnlessDamaged(path: string) {
  try {
    return lockAlone(path)
  } catch (error) {
    if (isBusy(error)) throw new Error('a process has the database open. Stop the server first', { cause: error })
    return undefined // a damaged file cannot be locked, and a server that has it open notices the replacement
  }
}

/** With its side files: they would damage another database. Returns the endings of the files that were present. */
function move(from: string, to: string) {
  const endings = ['', ...SIDE_FILES].filter((ending) => existsSync(from + ending))
  for (const ending of endings) renameSync(from + ending, to + ending)
  return endings
}

const isSameFile = (a: string, b: string) => {
  const [one, two] = [statSync(a), statSync(b)]
  return one.ino === two.ino && one.dev === two.dev
}
