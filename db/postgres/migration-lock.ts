import { PostgresAdapter, sql, type Kysely } from 'kysely'
import { isBusy } from './errors'

const ATTEMPTS = 10
const PAUSE_MS = 500

/**
 * A migration that waits behind a long query makes all later queries of the table wait as well. So it gives up after three
 * seconds, and `retryMigration` repeats it.
 */
export const lockMigrations = async <Schema>(transaction: Kysely<Schema>) => {
  await sql`select set_config('lock_timeout', '3000', true), set_config('statement_timeout', '0', true)`.execute(
    transaction,
  )
  await sql`select pg_advisory_xact_lock(hashtextextended('migrations', 0))`.execute(transaction)
}

export async function retryMigration<T>(work: () => Promise<T>) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || attempt === ATTEMPTS) throw error
    }
    await Bun.sleep(PAUSE_MS)
  }
}

/** Kysely's lock belongs to a connection, and a query outside a transaction may use any connection of the pool. */
export const createAdapter = () =>
  Object.assign(new PostgresAdapter(), {
    acquireMigrationLock: async () => undefined,
    releaseMigrationLock: async () => undefined,
  })
