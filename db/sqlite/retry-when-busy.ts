import { isBusy } from './errors'

const MAX_ATTEMPTS = 100
const DELAY_MS = 20

/**
 * Retries for 2 s while another process holds the lock. SQLite's `busy_timeout` would block the event loop, and it does not
 * wait when two processes change the journal mode.
 */
export async function retryWhenBusy<T>(work: () => T | Promise<T>) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || attempt === MAX_ATTEMPTS) throw error
    }
    await Bun.sleep(DELAY_MS)
  }
}
