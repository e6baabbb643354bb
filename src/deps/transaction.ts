import { engineOf, setEngine } from '@db/engine/engine'
import { isDatabaseUnavailable, isRetryable } from '@db/errors'
import type { Deps } from './deps'
import type { AuthEvent } from './events'
import { orderLocks, type Lock } from './locks'

export interface TransactionOptions {
  /** What the transaction reads and then writes by: see docs/reference/locks.md. */
  locks: readonly Lock[]
  /** Whether the commit is on disk before the promise resolves. Set it to false only if a lost commit harms no user. */
  durable?: boolean
}

const MAX_ATTEMPTS = 5

/**
 * Starts a transaction or joins the open one. Pass on the `deps` that `work` receives: a query on the outer `db` would
 * deadlock. PostgreSQL may roll `work` back and run it again, so it must not send, hash or set a cookie. The outer call
 * decides about `durable`.
 */
export async function inTransaction<T>(
  deps: Deps,
  work: (deps: Deps) => Promise<T>,
  { locks, durable = true }: TransactionOptions,
): Promise<T> {
  if (deps.db.isTransaction) return joinTransaction(deps, work, locks)
  const names = orderLocks(locks)
  const engine = engineOf(deps.db)
  const { result, events } = await engine.queueForLocks(names, () =>
    repeatIfRolledBack(deps, async () => {
      const events: AuthEvent[] = [] // of this attempt only
      const emit = (event: AuthEvent) => void events.push(event)
      const heldLocks = new Set(names)
      const result = await deps.db.transaction().execute(async (db) => {
        setEngine(db, engine)
        await engine.prepareTransaction(db, names, durable)
        return work({ ...deps, emit, db, heldLocks })
      })
      return { result, events }
    }),
  )
  if (durable) await engine.waitForFsync()
  events.forEach(deps.emit)
  return result
}

/** A lock that is taken late may wait for a transaction that waits for this one. PostgreSQL then rolls one of them back. */
async function joinTransaction<T>(deps: Deps, work: (deps: Deps) => Promise<T>, locks: readonly Lock[]) {
  const missing = orderLocks(locks).filter((name) => !deps.heldLocks.has(name))
  if (missing.length > 0) await engineOf(deps.db).prepareTransaction(deps.db, missing, true)
  missing.forEach((name) => deps.heldLocks.add(name))
  return work(deps)
}

async function repeatIfRolledBack<T>({ random }: Deps, attempt: () => Promise<T>) {
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isRetryable(error) || count === MAX_ATTEMPTS) throw error
      await Bun.sleep(5 + ((random(1)[0] ?? 0) % 46)) // at random, so that the same transactions do not meet again
    }
  }
}

/** For several queries that must fit together, without a lock. See `readSnapshot` of the engine. */
export function readSnapshot<T>(deps: Deps, read: (deps: Deps) => Promise<T>) {
  if (deps.db.isTransaction) return read(deps)
  const engine = engineOf(deps.db)
  const readIn = (db: Deps['db']) => {
    setEngine(db, engine)
    return read({ ...deps, db })
  }
  return repeatIfRolledBack(deps, () => engine.readSnapshot(deps.db, readIn))
}

/** Throws if the transaction does not hold the lock: on PostgreSQL, the caller would decide by rows that change meanwhile. */
export function requireLock({ heldLocks }: Deps, { name }: Lock) {
  if (!heldLocks.has(name)) throw new Error(`transaction failed: it does not hold the lock "${name.split(' ')[0]}"`)
}

/**
 * For a write that the response does not depend on. Returns undefined if it takes longer than `bestEffortTimeout` or the
 * database is unavailable; a late write continues in the background. Inside a transaction, it is part of that transaction.
 */
export function writeBestEffort<T>(deps: Deps, write: () => Promise<T>): Promise<T | undefined> {
  const result = write()
  if (deps.db.isTransaction) return result
  let isLate = false
  let timer: Timer | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(void (isLate = true)), deps.bestEffortTimeout)
  })
  const settled = result.catch((error: unknown) => {
    if (!isLate && !isDatabaseUnavailable(error)) throw error
    deps.log.error({ err: error }, 'best-effort write failed')
    return undefined
  })
  return Promise.race([settled, late]).finally(() => clearTimeout(timer))
}
