import type { Deps } from '@/deps/deps'

/** Until `release` is called, no password is checked. `begun` resolves when the first check waits. */
export function holdHashes({ hashQueue }: Pick<Deps, 'hashQueue'>) {
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { run } = hashQueue
  hashQueue.run = (source, work) => {
    begun.resolve()
    return released.promise.then(() => run(source, work))
  }
  return { begun: begun.promise, release: released.resolve }
}
