import { expect } from 'bun:test'
import type { Site } from './site'

export const ID = expect.stringMatching(/^[\w-]{22}$/)

/** The events that are emitted during an action. */
export async function eventsDuring({ events }: Pick<Site, 'events'>, act: () => Promise<unknown>): Promise<unknown[]> {
  const before = events.length
  await act()
  return events.slice(before)
}
