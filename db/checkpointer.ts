import { Database } from 'bun:sqlite'

// On a thread of its own: copies what the journal of a database holds into the database, again and again. That waits for
// the disk, some fifteen milliseconds each time, and nobody waits with it. `passive` leaves readers and writers alone.
const EVERY = 250 // milliseconds

declare const self: Worker

self.addEventListener('message', ({ data: path }: MessageEvent<string>) => begin(path), { once: true })

function begin(path: string) {
  const sqlite = new Database(path)
  let isWell = true
  const timer = setInterval(copy, EVERY)
  self.addEventListener('message', end, { once: true })

  /** Where the disk is full, or somebody else has the database for themselves, that is told once; it goes on when it can. */
  function copy() {
    try {
      sqlite.run('PRAGMA wal_checkpoint(PASSIVE)')
      isWell = true
    } catch (error) {
      if (isWell) self.postMessage(`${error}`)
      isWell = false
    }
  }

  function end() {
    clearInterval(timer)
    sqlite.close()
    process.exit() // this thread alone
  }
}
