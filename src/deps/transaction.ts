import { isDatabaseUnavailable } from '@db/sqlite/errors'
import { fsync } from '@db/sqlite/fsync'
import { seconds } from '@/lib/duration'
import type { Deps } from './deps'
import type { AuthEvent } from './events'

/**
 * Starts a transaction or joins the open one. Pass on the `deps` that `work` receives: a query on the outer `db` would
 * deadlock. With `durable`, the commit is on disk before the promise resolves. Set it to false only if a power cut that
 * undoes the commit harms no user.
 */
export async function inTransaction<T>(
  deps: Deps,
  work: (deps: Deps) => Promise<T>,
  { durable = true }: { durable?: boolean } = {},
) {
  if (deps.db.isTransaction) return work(deps)
  const pendingEvents: AuthEvent[] = []
  const emit = (event: AuthEvent) => void pendingEvents.push(event)
  const result = await deps.db.transaction().execute((db) => work({ ...deps, emit, db }))
  if (durable) await fsync(deps.db)
  pendingEvents.forEach(deps.emit)
  return result
}

const BEST_EFFORT_TIMEOUT = seconds(0.1)

/**
 * For a write that the response does not depend on. Returns undefined if it takes longer than 100 ms or the database is
 * unavailable; a late write continues in the background. Inside a transaction, the write is part of that transaction.
 */
export function writeBestEffort<T>(deps: Deps, write: () => Promise<T>): Promise<T | undefined> {
  const result = write()
  if (deps.db.isTransaction) return result
  let isLate = false
  const settled = result.catch((error: unknown) => {
    if (!isLate && !isDatabaseUnavailable(error)) throw error
    deps.log.error({ err: error }, 'best-effort write failed')
    return undefined
  })
  return Promise.race([settled, Bun.sleep(BEST_EFFORT_TIMEOUT).then(() => void (isLate = true))])
}
