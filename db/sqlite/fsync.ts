import { closeSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import { extrasOf } from './extras'

/**
 * Waits until all that was committed is on the disk: else a power cut would undo what was answered already, and a revoked
 * session would live again. SQLite's own way to wait, `synchronous = FULL`, stops the whole process for a disk's few
 * milliseconds; this one stops nobody else. A database in memory has nothing to wait for.
 */
export const fsync = (db: object) => extrasOf(db).fsync?.()

/** Those who ask at the same time wait for the same; but who asks while one is under way, for the one after. */
export function groupCommit(write: () => Promise<void>) {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  const begin = () => (running = write().finally(() => (running = undefined)))

  async function beginAfter(present: Promise<void>) {
    await present.catch(() => undefined) // that is for those to hear who asked for it
    next = undefined
    await begin()
  }

  return () => next ?? (running ? (next = beginAfter(running)) : begin())
}

/** The journal of the database at this path, which lies there as long as that is open. */
export function openWal(path: string) {
  const file = openSync(`${path}-wal`, 'r')
  return { fsync: groupCommit(() => promisify(fdatasync)(file)), close: () => closeSync(file) }
}
