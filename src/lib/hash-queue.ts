import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, setPriority } from 'node:os'
import { createFairQueue, type FairQueue } from './fair-queue'

const THREADS_DIR = '/proc/self/task'
const WORKER_NAME = /^Bun Pool /
const NICE_LEVEL = 10

type Options = {
  cores?: number
  /** Processes that share the cores. */
  processes?: number
  /** Lowers the priority of the threads that hash, until the process ends. */
  lowerPriority?: boolean
}

/** A hash takes a core for 40 ms and 19 MiB. One runs per core; at most one second of work waits, half of it per source. */
export function createHashQueue(options: Options = {}): FairQueue {
  const { cores = availableParallelism(), processes = 1, lowerPriority = false } = options
  const concurrency = Math.ceil(cores / processes)
  const room = { maxWaiting: Math.max(48, 24 * concurrency), maxWaitingPerKey: Math.max(24, 12 * concurrency) }
  const queue = createFairQueue({ concurrency, ...room })
  if (!lowerPriority) return queue
  const withLowPriority = <T>(work: () => Promise<T>) => {
    lowerWorkerPriority()
    return work()
  }
  return { run: (source, work) => queue.run(source, () => withLowPriority(work)) }
}

const loweredThreads = new Set<string>()

/**
 * Measured: without this, pages take twice as long at p99 while every core hashes. Bun creates worker threads on demand
 * and names them later, so this runs before each hash. Only Linux has a priority per thread.
 */
function lowerWorkerPriority() {
  if (process.platform !== 'linux') return
  try {
    for (const thread of readdirSync(THREADS_DIR))
      if (!loweredThreads.has(thread) && isWorkerThread(thread)) lowerThread(thread)
  } catch {
    // The thread has ended, or a sandbox hides threads.
  }
}

const isWorkerThread = (thread: string) => WORKER_NAME.test(readFileSync(`${THREADS_DIR}/${thread}/comm`, 'utf8'))

function lowerThread(thread: string) {
  setPriority(Number(thread), NICE_LEVEL)
  loweredThreads.add(thread)
}
