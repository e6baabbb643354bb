/** There is no room to wait, or none any more. */
export class QueueFull extends Error {}

type Limits = {
  /** How many works run at once. */
  atOnce: number
  /** How many may wait, in all and from one source. */
  waiting: number
  waitingOfOne: number
}

type Waiting = { begin(): void; fail(why: QueueFull): void }

const full = () => new QueueFull('too many are waiting')

export interface FairQueue {
  run<T>(source: string, work: () => Promise<T>): Promise<T>
}

/**
 * Runs so many works at once, and lets a few wait: each source has its turn, one work at a time, so that whoever sends
 * many waits for those who send one. Fails with QueueFull where there is no room, before the work has begun. Where all
 * places are taken, the last of the longest line makes room for a source with less: a few cannot keep the rest out.
 */
export function createFairQueue({ atOnce, waiting, waitingOfOne }: Limits): FairQueue {
  const lines = new Map<string, Waiting[]>() // a Map keeps the order in which the sources came: the order of their turns
  let running = 0
  let length = 0

  function wait(source: string) {
    const line = lines.get(source) ?? []
    if (line.length >= waitingOfOne || (length >= waiting && !makeRoom(line.length + 1))) throw full()
    length++
    lines.set(source, line)
    return new Promise<void>((begin, fail) => line.push({ begin, fail }))
  }

  /** Sends somebody away whose line is longer than one of so many. Whether there was one. */
  function makeRoom(count: number) {
    const longest = [...lines.values()].reduce((a, b) => (b.length > a.length ? b : a), [])
    if (longest.length <= count) return false
    length--
    longest.pop()?.fail(full())
    return true
  }

  /** The place that became free goes to the next source; if that has more, it comes last again. */
  function passOn() {
    const [source, line] = lines.entries().next().value ?? []
    const next = line?.shift()
    if (source === undefined || !line || !next) return void running--
    length--
    lines.delete(source)
    if (line.length > 0) lines.set(source, line)
    next.begin()
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
