import { sql, type Kysely } from 'kysely'
import { withDeadline } from './deadline'
import { DatabaseBusyError } from './errors'

/** Milliseconds that a transaction may wait for others of this process. */
const QUEUE_DEADLINE = 3000

/**
 * A transaction that waits for a lock holds a connection. Measured: 50 transactions on one lock made a page of another
 * user wait for half a second. So at most one transaction of a process per name talks to the database. Exclusion
 * comes from the lock in the database.
 */
export function createLockQueue(deadline = QUEUE_DEADLINE) {
  const tails = new Map<string, Promise<void>>()

  /** A transaction that gives up keeps those before it: the next one still waits for them. */
  function append(name: string, done: Promise<void>) {
    const tail = Promise.all([tails.get(name), done]).then(() => {
      if (tails.get(name) === tail) tails.delete(name)
    })
    tails.set(name, tail)
  }

  return async function queueForLocks<T>(names: string[], work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = names.flatMap((name) => tails.get(name) ?? [])
    for (const name of names) append(name, promise) // all in one step, so that no two wait for each other
    try {
      if (before.length > 0) await withDeadline(Promise.all(before), deadline, giveUp)
      return await work()
    } finally {
      resolve()
    }
  }
}

function giveUp(): never {
  throw new DatabaseBusyError('transaction failed: others held its lock for too long')
}

/** Waits for the locks in the order of `names`. They end with the transaction, and so does the setting. */
export async function lockTransaction<Schema>(transaction: Kysely<Schema>, names: string[], durable: boolean) {
  const locks = names.map((name) => sql`pg_advisory_xact_lock(hashtextextended(${name}, 0))`)
  const parts = durable ? locks : [...locks, sql`set_config('synchronous_commit', 'off', true)`]
  if (parts.length > 0) await sql`select ${sql.join(parts)}`.execute(transaction)
}
