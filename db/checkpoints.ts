import { sql } from 'kysely'
import type { Db } from './open'

/**
 * Has the journal copied into the database by a thread of its own, as long as the server runs: SQLite would do it within
 * the one commit in a thousand pages that finds it due, and let everybody wait for the disk. The end waits for that thread.
 */
export async function startCheckpoints(db: Db, url: string, onFault: (message: string) => void) {
  const path = url.replace('sqlite:', '')
  if (path === ':memory:') return () => Promise.resolve()
  await sql`PRAGMA wal_autocheckpoint = 20000`.execute(db) // 80 MB of pages, should that thread be gone
  const worker = new Worker(new URL('checkpointer.ts', import.meta.url).href)
  const ended = new Promise<void>((resolve) => worker.addEventListener('close', () => resolve()))
  worker.addEventListener('error', ({ message }) => onFault(message))
  worker.addEventListener('message', ({ data }: MessageEvent<string>) => onFault(data))
  worker.postMessage(path)
  return function end() {
    worker.postMessage('end')
    return ended
  }
}
