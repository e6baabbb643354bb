import { close, fdatasync, open } from 'node:fs'
import { promisify } from 'node:util'

/** How it is done, but for a test that has a slow disk. */
const disk = { open: promisify(open), sync: promisify(fdatasync), close: promisify(close) }

export type Flush = ReturnType<typeof createFlush>

/**
 * Waits until what was committed is on the disk: else a power cut would undo what was answered already, and a revoked
 * session would live again. SQLite's own way to wait, `synchronous = FULL`, stops the whole process for a disk's few
 * milliseconds; this one stops nobody else, and those who wait at the same time wait for the same.
 */
export function createFlush(path: string, { open, sync, close } = disk) {
  let log: Promise<number> | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  const begin = () => (running = write().finally(() => (running = undefined)))

  async function write() {
    await sync(await (log ??= open(path, 'r')))
  }

  /** One that is under way may have begun before the commit: so it is the one after. */
  async function beginAfter(present: Promise<void>) {
    await present.catch(() => undefined) // that is for those to hear who asked for it
    next = undefined
    await begin()
  }

  return {
    flush: () => (running ? (next ??= beginAfter(running)) : begin()),
    close: async () => log && close(await log),
  }
}
