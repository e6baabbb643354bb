import { isDatabaseBusy } from './errors'

/** How often somebody comes again who found the database locked by another process, and after how many milliseconds. */
const MAX_ATTEMPTS = 100
const DELAY_MS = 20

/**
 * Does this work, and comes again for about two seconds while another process has the database locked. Everybody else goes
 * on meanwhile: SQLite's own way to wait stops the whole process, and where two change the journal at once it does not wait.
 */
export async function retryWhenBusy<T>(work: () => T | Promise<T>) {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isDatabaseBusy(error) || tries === MAX_ATTEMPTS) throw error
    }
    await Bun.sleep(DELAY_MS)
  }
}
