/** There is no room to wait, or none any more. */
export class QueueFull extends Error {}

type QueueLimits = {
  /** How many works run at once. */
  concurrency: number
  /** How many may wait, in all and from one source. */
  maxWaiting: number
  maxWaitingPerKey: number
}

type Job = { begin(): void; fail(why: QueueFull): void }

const full = () => new QueueFull('too many are waiting')

export interface FairQueue {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

/**
 * Runs so many works at once, and lets a few wait: each source has its turn, one work at a time, so that whoever sends
 * many waits for those who send one. Fails with QueueFull where there is no room, before the work has begun. Where all
 * places are taken, the last of the longest line makes room for a source with less: a few cannot keep the rest out.
 */
export function createFairQueue({ concurrency, maxWaiting, maxWaitingPerKey }: QueueLimits): FairQueue {
  const queues = new Map<string, Job[]>() // a Map keeps the order in which the sources came: the order of their turns
  let running = 0
  let length = 0

  function wait(key: string) {
    const queue = queues.get(key) ?? []
    if (queue.length >= maxWaitingPerKey || (length >= maxWaiting && !evictFromLongest(queue.length + 1))) throw full()
    length++
    queues.set(key, queue)
    return new Promise<void>((begin, fail) => queue.push({ begin, fail }))
  }

  /** Sends somebody away whose line is longer than one of so many. Whether there was one. */
  function evictFromLongest(count: number) {
    const longest = [...queues.values()].reduce((a, b) => (b.length > a.length ? b : a), [])
    if (longest.length <= count) return false
    length--
    longest.pop()?.fail(full())
    return true
  }

  /** The place that became free goes to the next source; if that has more, it comes last again. */
  function startNext() {
    const [key, queue] = queues.entries().next().value ?? []
    const next = queue?.shift()
    if (key === undefined || !queue || !next) return void running--
    length--
    queues.delete(key)
    if (queue.length > 0) queues.set(key, queue)
    next.begin()
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
