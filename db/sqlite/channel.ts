import type { Database } from 'bun:sqlite'
import type { Channel } from '../engine/engine'

/** Milliseconds. One check takes 16 µs. */
const INTERVAL = 250

/** For a database in memory, which no other process can open. */
export const noChannel: Channel = {
  publish: () => undefined,
  subscribe: async () => async () => undefined,
  close: async () => undefined,
}

/**
 * SQLite sends no messages, but `data_version` changes when another connection commits. It does not change by writes of
 * `sqlite`. A slow subscriber delays its next check.
 */
export function createSqliteChannel(sqlite: Database): Channel {
  const subscriptions = new Set<() => void>()
  const query = sqlite.query<{ data_version: number }, []>('PRAGMA data_version')

  function readVersion() {
    try {
      return query.get()?.data_version
    } catch {
      return undefined // busy, or unusable: other queries report it
    }
  }

  function subscribe(onChange: (userIds: 'all') => void | Promise<void>) {
    let version = readVersion()
    let timer: Timer | undefined = setTimeout(check, INTERVAL).unref()
    const end = () => {
      timer = void clearTimeout(timer)
      subscriptions.delete(end)
    }
    subscriptions.add(end)
    return end

    async function check() {
      const current = readVersion()
      if (current !== version) await onChange('all')
      version = current
      if (timer) timer = setTimeout(check, INTERVAL).unref()
    }
  }

  return {
    publish: () => undefined,
    async subscribe(onChange) {
      const end = subscribe(onChange)
      await onChange('all')
      return async () => end()
    },
    async close() {
      for (const end of subscriptions) end()
    },
  }
}
