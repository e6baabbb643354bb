/** There is no room to wait. */
export class QueueFull extends Error {}

type Limits = {
  /** How many works run at once. */
  atOnce: number
  /** How many may wait, in all and from one source. */
  waiting: number
  waitingOfOne: number
}

export type FairQueue = ReturnType<typeof createFairQueue>

/**
 * Runs so many works at once, and lets a few wait: each source has its turn, one work at a time, so that whoever sends
 * many waits for those who send one. Fails with QueueFull where there is no room, before the work has begun.
 */
export function createFairQueue({ atOnce, waiting, waitingOfOne }: Limits) {
  const lines = new Map<string, (() => void)[]>() // a Map keeps the order in which the sources came: the order of their turns
  let running = 0
  let length = 0

  function wait(source: string) {
    const line = lines.get(source) ?? []
    if (length >= waiting || line.length >= waitingOfOne) throw new QueueFull('too many are waiting')
    length++
    lines.set(source, line)
    return new Promise<void>((resolve) => line.push(resolve))
  }

  /** The place that became free goes to the next source; if that has more, it comes last again. */
  function passOn() {
    const [source, line] = lines.entries().next().value ?? []
    const begin = line?.shift()
    if (source === undefined || !line || !begin) return void running--
    length--
    lines.delete(source)
    if (line.length > 0) lines.set(source, line)
    begin()
  }

  return {
    async run<T>(source: string, work: () => Promise<T>): Promise<T> {
      if (running >= atOnce) await wait(source)
      else running++
      try {
        return await work()
      } finally {
        passOn()
      }
    },
  }
}
