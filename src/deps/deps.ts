import { flush } from '@db/sqlite/fsync'
import { openDb, type Db } from '@db/open'
import { isStoreFault } from '@db/sqlite/errors'
import type { Config } from '@/config/env'
import type { AuthEvent } from './events'
import { seconds } from '@/lib/duration'
import type { FairQueue } from '@/lib/fair-queue'
import { createHashQueue } from '@/lib/hash-queue'
import { openLog, type DestinationStream, type Log } from '@/lib/log'
import { createHttp, type Http } from './http'

/** Everything that comes from outside our own code. */
export interface Deps {
  db: Db
  /** Epoch milliseconds. */
  now(): number
  random(bytes: number): Uint8Array
  config: Config
  log: Log
  /** The only way to send requests to other servers. */
  http: Http
  /** Where passwords are hashed, so many at once. */
  hashing: FairQueue
  /** Says what happened to whoever wants to know. Inside a transaction it is said once that is committed. */
  tell(event: AuthEvent): void
}

export type OpenOptions = {
  /** Replaces the standard output as the destination of log lines. */
  logTo?: DestinationStream
  /** For a process that answers requests while it hashes. */
  lowerPriority?: boolean
}

export async function openDeps(config: Config, { logTo, lowerPriority }: OpenOptions = {}): Promise<Deps> {
  const log = await openLog(config.logFormat, logTo)
  const now = () => Date.now()
  return {
    db: await openDb(config.databaseUrl),
    now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    config,
    log,
    http: createHttp({ now, log }),
    hashing: createHashQueue({ lowerPriority }),
    tell: (event) => (event.kind === 'attack-suspected' ? log.warn(event, 'event') : log.info(event, 'event')),
  }
}

/**
 * The same deps inside a transaction, or in the one that is open already: pass them on and every query joins in. The outer
 * `db` would wait there for ever. It is done once it is on the disk, unless nobody is harmed by a power cut that undoes it:
 * a login, or the count of a guess, need not be lasting.
 */
export async function inTransaction<T>(deps: Deps, work: (deps: Deps) => Promise<T>, { isLasting = true } = {}) {
  if (deps.db.isTransaction) return work(deps)
  const told: AuthEvent[] = []
  const inside = { ...deps, tell: (event: AuthEvent) => void told.push(event) }
  const done = await deps.db.transaction().execute((db) => work({ ...inside, db }))
  if (isLasting) await flush(deps.db)
  told.forEach(deps.tell)
  return done
}

/** How long an answer waits for a write that it can do without. */
const MOMENT = seconds(0.1)

/**
 * Writes what an answer can do without, and hands back what came of it; undefined where that is not done yet. Where the
 * store is locked it may be done later, and where it cannot be written that is only told. Inside a transaction it is a part
 * of that, which is whole or not at all.
 */
export function writeAside<T>(deps: Deps, write: () => Promise<T>): Promise<T | undefined> {
  const written = write()
  if (deps.db.isTransaction) return written
  let isLate = false
  const told = written.catch((error: unknown) => {
    if (!isLate && !isStoreFault(error)) throw error
    deps.log.error({ err: error }, 'not written')
    return undefined
  })
  return Promise.race([told, Bun.sleep(MOMENT).then(() => void (isLate = true))])
}
