import { jest, spyOn } from 'bun:test'
import type { Site } from './site'

/**
 * Fakes timers during `work`. Its argument lets jobs run until they wait for a timer. A database takes real time, in which
 * no faked timer may advance.
 */
export async function withFakeTimers(
  { deps: { db } }: Pick<Site, 'deps'>,
  work: (settle: () => Promise<void>) => unknown,
) {
  const connections = spyOn(Object.getPrototypeOf(db.getExecutor()), 'provideConnection')
  async function settle() {
    do {
      const uses = connections.mock.results.map(({ value }) => value)
      connections.mockClear()
      await Promise.allSettled(uses)
      await new Promise((resolve) => setImmediate(resolve))
    } while (connections.mock.results.length > 0)
  }
  jest.useFakeTimers()
  try {
    await work(settle)
  } finally {
    jest.useRealTimers()
    connections.mockRestore()
  }
}
