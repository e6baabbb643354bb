import { SQLiteError } from 'bun:sqlite'

const BUSY_CODES = /^SQLITE_(BUSY|LOCKED)/
const UNAVAILABLE_CODES = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PERM|PROTOCOL)/

const codeOf = (error: unknown) => (error instanceof SQLiteError ? (error.code ?? '') : '')

/** Another process holds the lock. */
export const isDatabaseBusy = (error: unknown) => BUSY_CODES.test(codeOf(error))

/** The lock, the disk or the file is the cause, so the same request can succeed later. */
export const isDatabaseUnavailable = (error: unknown) => isDatabaseBusy(error) || UNAVAILABLE_CODES.test(codeOf(error))
