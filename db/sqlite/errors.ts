import { SQLiteError } from 'bun:sqlite'

// What goes wrong with the store itself, not with what it was asked: the disk, the file, or somebody else who holds it.
const LOCKED = /^SQLITE_(BUSY|LOCKED)/
const BROKEN = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PERM|PROTOCOL)/

const codeOf = (error: unknown) => (error instanceof SQLiteError ? (error.code ?? '') : '')

/** Another process holds the lock. */
export const isLocked = (error: unknown) => LOCKED.test(codeOf(error))

/** The store cannot do it now, and can again once somebody has mended it: to try later is what helps. */
export const isStoreFault = (error: unknown) => isLocked(error) || BROKEN.test(codeOf(error))
