import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, setPriority } from 'node:os'
import { createFairQueue, type FairQueue } from './fair-queue'

const THREADS_DIR = '/proc/self/task'
const WORKER_NAME = /^Bun Pool /
const NICE_LEVEL = 10

type Options = {
  cores?: number
  /** Prefers the thread that answers requests to those that hash. It lasts until the process ends. */
  lowerPriority?: boolean
}

/**
 * One hash takes a core for about 40 ms and 19 MiB, and clients decide how many are requested. As many run at once as there
 * are cores, about one second of work waits, and one source gets at most half of that.
 */
export function createHashQueue({ cores = availableParallelism(), lowerPriority = false }: Options = {}): FairQueue {
  const room = { maxWaiting: Math.max(48, 24 * cores), maxWaitingPerKey: Math.max(24, 12 * cores) }
  const queue = createFairQueue({ concurrency: cores, ...room })
  if (!lowerPriority) return queue
  const withLowPriority = <T>(work: () => Promise<T>) => {
    lowerWorkerPriority()
    return work()
  }
  return { run: (source, work) => queue.run(source, () => withLowPriority(work)) }
}

const loweredThreads = new Set<string>()

/**
 * Measured: while every core hashes, pages take twice as long at worst without this. Bun creates its worker threads on
 * demand and names them later, so this runs before each hash. Only Linux has a priority per thread.
 */
function lowerWorkerPriority() {
  if (process.platform !== 'linux') return
  try {
    for (const thread of readdirSync(THREADS_DIR))
      if (!loweredThreads.has(thread) && isWorkerThread(thread)) lowerThread(thread)
  } catch {
    // The thread has ended, or a sandbox hides threads. The priority then stays as it is.
  }
}

const isWorkerThread = (thread: string) => WORKER_NAME.test(readFileSync(`${THREADS_DIR}/${thread}/comm`, 'utf8'))

function lowerThread(thread: string) {
  setPriority(Number(thread), NICE_LEVEL)
  loweredThreads.add(thread)
}
