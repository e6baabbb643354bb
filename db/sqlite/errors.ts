import { SQLiteError } from 'bun:sqlite'

const BUSY_CODES = /^SQLITE_(BUSY|LOCKED)/
const UNAVAILABLE_CODES = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PERM|PROTOCOL)/

const codeOf = (error: unknown) => (error instanceof SQLiteError ? (error.code ?? '') : '')

/** Another process holds the lock. */
export const isBusy = (error: unknown) => BUSY_CODES.test(codeOf(error))

/** The database file was deleted, replaced or overwritten while it was open. */
export class DatabaseFileError extends Error {
  override name = 'DatabaseFileError'
  constructor(cause: string) {
    super(`database check failed: ${cause}`)
  }
}

/** The lock, the disk or the file is the cause, so the same request can succeed later. */
export const isUnavailable = (error: unknown) =>
  isBusy(error) || UNAVAILABLE_CODES.test(codeOf(error)) || error instanceof DatabaseFileError

const ADVICE: [codes: RegExp, advice: string][] = [
  [/^SQLITE_NOTADB/, 'Set DATABASE_URL to another file, or restore a backup: bun run db restore FILE.'],
  [/^SQLITE_CORRUPT/, 'Restore a backup: bun run db restore FILE.'],
  [/^SQLITE_CANTOPEN/, 'It should be a file in an existing folder, and this user must be able to write to both.'],
  [/^SQLITE_(READONLY|PERM)/, 'Make the file and its folder writable for this user.'],
  [/^SQLITE_FULL/, 'Free some disk space.'],
  [BUSY_CODES, 'Another program writes to it. Stop that program.'],
]

/** The step that an operator can take. The messages of SQLite do not say it. */
export const adviceOn = (error: unknown) => ADVICE.find(([codes]) => codes.test(codeOf(error)))?.[1]
