import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

const THREADS = '/proc/self/task' // of this process, by number
const NAME = /^Bun Pool /
const LOW = 10 // of Linux's 19 steps down

const lowered = new Set<string>()

/**
 * Has the threads that do long work for Bun, hashing above all, give way to the one that answers: where each core hashes, a
 * page would wait until the system takes one away again. Bun makes them when it first needs them, and names them a little
 * later, so this is to be called before each such work. Linux alone can do it: there a thread has a priority of its own.
 */
export function lowerPool() {
  if (process.platform !== 'linux') return
  try {
    for (const thread of readdirSync(THREADS)) if (!lowered.has(thread) && isOfPool(thread)) lower(thread)
  } catch {
    // It has just ended, or a sandbox shows no threads. Then they compete as they always did.
  }
}

const isOfPool = (thread: string) => NAME.test(readFileSync(`${THREADS}/${thread}/comm`, 'utf8'))

function lower(thread: string) {
  setPriority(Number(thread), LOW)
  lowered.add(thread)
}
