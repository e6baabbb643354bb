import { isDatabaseUnavailable } from '@db/sqlite/errors'
import { fsync } from '@db/sqlite/fsync'
import { seconds } from '@/lib/duration'
import type { Deps } from './deps'
import type { AuthEvent } from './events'

/**
 * The same deps inside a transaction, or in the one that is open already: pass them on and every query joins in. The outer
 * `db` would wait there for ever. It is done once it is on the disk, unless nobody is harmed by a power cut that undoes it:
 * a login, or the count of a guess, need not be lasting.
 */
export async function inTransaction<T>(
  deps: Deps,
  work: (deps: Deps) => Promise<T>,
  { durable = true }: { durable?: boolean } = {},
) {
  if (deps.db.isTransaction) return work(deps)
  const pendingEvents: AuthEvent[] = []
  const inside = { ...deps, emit: (event: AuthEvent) => void pendingEvents.push(event) }
  const done = await deps.db.transaction().execute((db) => work({ ...inside, db }))
  if (durable) await fsync(deps.db)
  pendingEvents.forEach(deps.emit)
  return done
}

/** How long an answer waits for a write that it can do without. */
const BEST_EFFORT_TIMEOUT = seconds(0.1)

/**
 * Writes what an answer can do without, and hands back what came of it; undefined where that is not done yet. Where the
 * store is locked it may be done later, and where it cannot be written that is only told. Inside a transaction it is a part
 * of that, which is whole or not at all.
 */
export function writeBestEffort<T>(deps: Deps, write: () => Promise<T>): Promise<T | undefined> {
  const written = write()
  if (deps.db.isTransaction) return written
  let isLate = false
  const settled = written.catch((error: unknown) => {
    if (!isLate && !isDatabaseUnavailable(error)) throw error
    deps.log.error({ err: error }, 'best-effort write failed')
    return undefined
  })
  return Promise.race([settled, Bun.sleep(BEST_EFFORT_TIMEOUT).then(() => void (isLate = true))])
}
