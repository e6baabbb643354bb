import { SQL } from 'bun'
import type { Channel } from '../engine/engine'

const NAME = 'account_events'
/** Milliseconds. Only one transaction that notifies can commit at a time, so that many small messages would queue. */
const BATCH = 20
/** A payload is at most 8,000 bytes. 300 ids of 22 characters are 6,899. */
const MAX_IDS = 300
/** Milliseconds that a process which stops waits for its last message. */
const LAST_DEADLINE = 1000

interface ChannelOptions {
  /** A server that keeps the connection of a client: a pooler forgets the LISTEN of a transaction. */
  listenUrl(): Promise<string>
  /** Calls the listener when another server has become the primary. */
  onMoved(listener: () => void): () => void
  notify(channel: string, text: string): Promise<unknown>
  onError(error: unknown): void
}

/** Messages are sent after the commit, by other connections. What a crash loses between the two is found by the heartbeat. */
export function createPostgresChannel({ listenUrl, onMoved, notify, onError }: ChannelOptions): Channel {
  let pending = new Set<string>()
  let timer: Timer | undefined
  let listener: SQL | undefined

  async function flush() {
    clearTimeout(timer)
    const ids = [...pending]
    pending = new Set()
    const starts = Array.from({ length: Math.ceil(ids.length / MAX_IDS) }, (_, i) => i * MAX_IDS)
    await Promise.all(starts.map((start) => notify(NAME, ids.slice(start, start + MAX_IDS).join())))
  }

  return {
    publish(userId) {
      if (pending.size === 0) timer = setTimeout(() => void flush().catch(onError), BATCH)
      pending.add(userId)
    },
    async subscribe(onChange) {
      const listen = async () => {
        void listener?.close({ timeout: 0 })
        listener = new SQL({ url: await listenUrl(), max: 1, connectionTimeout: 3 })
        return listener.listen(
          NAME,
          (text) => void onChange(text.split(',')),
          () => void onChange('all'), // messages were lost while there was no connection
        )
      }
      let subscription = await listen()
      const ignoreMoves = onMoved(() => void listen().then((moved) => (subscription = moved), onError))
      return async () => {
        ignoreMoves()
        await subscription.unlisten().catch(() => undefined) // it has ended with its connection
      }
    },
    async close() {
      await Promise.race([flush().catch(onError), Bun.sleep(LAST_DEADLINE)])
      await listener?.close()
    },
  }
}
