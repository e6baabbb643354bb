import type { Deps } from '@/deps/deps'

/** Until `release` is called, no password is checked. `begun` resolves when this many checks wait. */
export function holdHashes({ hashQueue }: Pick<Deps, 'hashQueue'>, count = 1) {
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { run } = hashQueue
  let waiting = 0
  hashQueue.run = (source, work) => {
    if (++waiting === count) begun.resolve()
    return released.promise.then(() => run(source, work))
  }
  return { begun: begun.promise, release: released.resolve }
}
