import { SQLiteError } from 'bun:sqlite'

// What goes wrong with the store itself, not with what it was asked: the disk, the file, or somebody else who holds it.
const BUSY_CODES = /^SQLITE_(BUSY|LOCKED)/
const UNAVAILABLE_CODES = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PERM|PROTOCOL)/

const codeOf = (error: unknown) => (error instanceof SQLiteError ? (error.code ?? '') : '')

/** Another process holds the lock. */
export const isDatabaseBusy = (error: unknown) => BUSY_CODES.test(codeOf(error))

/** The store cannot do it now, and can again once somebody has mended it: to try later is what helps. */
export const isDatabaseUnavailable = (error: unknown) => isDatabaseBusy(error) || UNAVAILABLE_CODES.test(codeOf(error))
