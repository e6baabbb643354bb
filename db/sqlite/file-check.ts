import { constants, type Database } from 'bun:sqlite'
import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from 'node:fs'
import { DatabaseFileError } from './errors'

export interface FileCheck {
  /** The problem of the files, or undefined. */
  findError(): string | undefined
  /** Throws if something is wrong with the files. */
  assert(): void
  /** Only after SQLite has closed the file: closing a descriptor releases the POSIX locks of SQLite on the same file. */
  close(): void
}

/**
 * SQLite goes on with a file that was deleted or replaced, and then all changes are lost. `path` may be a link to `file`.
 * An overwritten file shows in its header, because each start writes a random `user_version`.
 */
export function openFileCheck(path: string, file: string, sqlite: Database): FileCheck {
  assertNotMoved(path, sqlite)
  const identities = [path, `${file}-wal`, `${file}-shm`].map((one) => ({ path: one, stat: statOf(one) }))
  const [main, walIndex] = [openSync(file, 'r'), openSync(`${file}-shm`, 'r')]
  let known = { header: readHeader(main), progress: readProgress(walIndex) }
  let overwritten: string | undefined
  let isClosed = false

  function findError() {
    if (isClosed) return undefined
    try {
      overwritten ??= findOverwritten()
      const error = overwritten ?? findMoved()
      if (error && !overwritten) completeMainFile()
      return error
    } catch (error) {
      return `${path} cannot be checked: ${error instanceof Error ? error.message : error}` // for example without permission
    }
  }

  function findMoved() {
    for (const { path, stat } of identities) {
      const now = statOf(path)
      if (!now) return `${path} was deleted or moved`
      if (now.ino !== stat?.ino || now.dev !== stat.dev) return `${path} was replaced`
    }
  }

  /** Only checkpoints write to the file, and they change the WAL index. */
  function findOverwritten() {
    const progress = readProgress(walIndex)
    const header = readHeader(main)
    if (header.equals(known.header)) {
      if (!isCheckpointing(progress)) known.progress = progress
      return undefined
    }
    const after = readProgress(walIndex)
    if (isCheckpointing(after) || !after.equals(progress)) return undefined
    if (!after.equals(known.progress)) {
      known = { header, progress }
      return undefined
    }
    if (findMoved() === undefined) setWalAside()
    return `${path} was overwritten`
  }

  /** Closing the database, and the next start, would copy the pages of the WAL into the new content. */
  function setWalAside() {
    copyFileSync(`${file}-wal`, `${file}-wal.unused`)
    truncateSync(`${file}-wal`)
  }

  /** The next start must not find a WAL of another file. An operator can copy a deleted file from `/proc`. */
  function completeMainFile() {
    if (sqlite.inTransaction) return
    try {
      sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // `findError` reports the cause.
    }
  }

  return {
    findError,
    assert() {
      const error = findError()
      if (error) throw new DatabaseFileError(error)
    },
    close() {
      isClosed = true
      for (const descriptor of [main, walIndex]) closeSync(descriptor)
    },
  }
}

/** Throws if `path` is no longer the file that SQLite has open. */
export function assertNotMoved(path: string, sqlite: Database) {
  const result = new Int32Array(2) // Bun requires eight bytes
  sqlite.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, result)
  if (result[0] !== 0) throw new DatabaseFileError(`${path} was replaced`)
}

const statOf = (path: string) => statSync(path, { throwIfNoEntry: false })

const readHeader = (main: number) => readBytes(main, 100)

/** The salts of the WAL, and two counts of copied frames (https://sqlite.org/walformat.html). */
function readProgress(walIndex: number) {
  const bytes = readBytes(walIndex, 136)
  return Buffer.concat([bytes.subarray(32, 40), bytes.subarray(96, 100), bytes.subarray(128, 132)])
}

const isCheckpointing = (progress: Buffer) => !progress.subarray(8, 12).equals(progress.subarray(12, 16))

function readBytes(file: number, length: number) {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, 0))
}
