import { expect } from 'bun:test'
import type { Site } from './site'

/** An id as it stands in an event. */
export const ID = expect.stringMatching(/^[\w-]{22}$/)

/** What was told while somebody did something. */
export async function eventsDuring({ events }: Pick<Site, 'events'>, act: () => Promise<unknown>): Promise<unknown[]> {
  const before = events.length
  await act()
  return events.slice(before)
}
