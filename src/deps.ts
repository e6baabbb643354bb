import { openDb, type Db } from '@db/open'
import type { Config } from './config'
import { openLog, type Log } from './lib/log'

/** Everything that comes from outside our own code. */
export interface Deps {
  db: Db
  /** Epoch milliseconds. */
  now(): number
  random(bytes: number): Uint8Array
  config: Config
  log: Log
}

export const openDeps = async (config: Config): Promise<Deps> => ({
  db: await openDb(config.databaseUrl),
  now: () => Date.now(),
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  config,
  log: await openLog(config.logFormat),
})

/** The same deps inside a transaction: pass them on and every query joins in. The outer `db` would wait there for ever. */
export const inTransaction = <T>(deps: Deps, work: (deps: Deps) => Promise<T>) =>
  deps.db.transaction().execute((db) => work({ ...deps, db }))
