import { closeSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'

/** Callers share one write that starts after their call: a running write may not include their commits. */
export function groupCommit(write: () => Promise<void>) {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  const start = () => (running = write().finally(() => (running = undefined)))

  async function startAfter(previous: Promise<void>) {
    await previous.catch(() => undefined) // its own callers get the error
    next = undefined
    await start()
  }

  return () => next ?? (running ? (next = startAfter(running)) : start())
}

/**
 * `fsync` waits until all commits are on disk. Without it, a power cut could make a revoked session active again.
 * `synchronous = FULL` would block the event loop for milliseconds. The WAL file exists while the database is open.
 */
export function openWal(path: string) {
  const file = openSync(`${path}-wal`, 'r')
  return { fsync: groupCommit(() => promisify(fdatasync)(file)), close: () => closeSync(file) }
}
