export class QueueFull extends Error {}

type QueueLimits = {
  concurrency: number
  maxWaiting: number
  maxWaitingPerKey: number
}

type Job = { start(): void; reject(error: QueueFull): void }

const queueFull = () => new QueueFull('hash queue is full')

export interface FairQueue {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

/**
 * Waiting jobs start round-robin over the keys. A job that finds no room fails with QueueFull and never starts. When the
 * queue is full, the newest job of the key with most jobs is dropped, so that few clients cannot starve the rest.
 */
export function createFairQueue({ concurrency, maxWaiting, maxWaitingPerKey }: QueueLimits): FairQueue {
  const queues = new Map<string, Job[]>() // the insertion order is the round-robin order
  let running = 0
  let length = 0

  function wait(key: string) {
    const queue = queues.get(key) ?? []
    if (queue.length >= maxWaitingPerKey || (length >= maxWaiting && !evictFromLongest(queue.length + 1)))
      throw queueFull()
    length++
    queues.set(key, queue)
    return new Promise<void>((start, reject) => queue.push({ start, reject }))
  }

  function evictFromLongest(ownLength: number) {
    const longest = [...queues.values()].reduce((a, b) => (b.length > a.length ? b : a), [])
    if (longest.length <= ownLength) return false
    length--
    longest.pop()?.reject(queueFull())
    return true
  }

  function startNext() {
    const [key, queue] = queues.entries().next().value ?? []
    const next = queue?.shift()
    if (key === undefined || !queue || !next) return void running--
    length--
    queues.delete(key)
    if (queue.length > 0) queues.set(key, queue)
    next.start()
  }

  return {
    async run<T>(key: string, work: () => Promise<T>): Promise<T> {
      if (running >= concurrency) await wait(key)
      else running++
      try {
        return await work()
      } finally {
        startNext()
      }
    },
  }
}
