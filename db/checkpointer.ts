import { Database } from 'bun:sqlite'

// On a thread of its own: copies what the journal of a database holds into the database, again and again. That waits for
// the disk, some fifteen milliseconds each time, and nobody waits with it. `passive` leaves readers and writers alone.
const EVERY = 250 // milliseconds

declare const self: Worker

self.addEventListener('message', ({ data: path }: MessageEvent<string>) => begin(path), { once: true })

function begin(path: string) {
  const sqlite = new Database(path)
  const timer = setInterval(() => sqlite.run('PRAGMA wal_checkpoint(PASSIVE)'), EVERY)
  const end = () => {
    clearInterval(timer)
    sqlite.close()
    process.exit() // this thread alone
  }
  self.addEventListener('message', end, { once: true })
}
