import { uptime } from 'node:os'
import { engineOf, type Channel } from '@db/engine/engine'
import { openDb, sqlitePath, type Db } from '@db/open'
import { markDatabase } from '@db/database-file'
import type { Config } from '@/config/env'
import type { AuthEvent, EventKind } from './events'
import type { FairQueue } from '@/lib/fair-queue'
import { DEV_MAILBOX } from '@/lib/dev-mailbox'
import { seconds } from '@/lib/duration'
import { createHashQueue } from '@/lib/hash-queue'
import { openLog, type DestinationStream, type Log } from '@/lib/log'
import { createKeyRing, KEY_BYTES, type KeyRing } from '@/lib/key-ring'
import { createHttp, type Http } from './http'
import { readKeyFile } from './key-file'
import { openMailer, type Mailer } from './mailer'
import { publishEvent } from './publish-event'

/** Everything that comes from outside: tests replace the clock, randomness and outgoing requests. */
export interface Deps {
  db: Db
  /** To other processes with this database. `emit` publishes events on it. */
  channel: Channel
  /** The names of the locks that the open transaction holds. Empty outside one. */
  heldLocks: Set<string>
  /** The problem of the database files, or undefined. A process goes on with files that were deleted. */
  databaseError(): string | undefined
  /** Epoch milliseconds: the time of PostgreSQL, which all nodes share, or of this machine. */
  now(): number
  /** Milliseconds on a clock that is never set. It also counts while the machine sleeps. */
  uptime(): number
  /** Milliseconds that a request waits for a write that its response does not depend on. */
  bestEffortTimeout: number
  random(bytes: number): Uint8Array
  config: Config
  log: Log
  /** Encrypts secrets that must be read again, and signs challenges. */
  keys: KeyRing
  /** The only way to send requests to other servers. */
  http: Http
  /** Used by the mail job only: no request waits for a mail server. */
  mailer: Mailer
  /** Where `MAIL_URL=mailbox:` writes mails. */
  mailboxFolder: string
  hashQueue: FairQueue
  /** Inside a transaction, events are emitted after the commit. */
  emit(event: AuthEvent): void
}

export type OpenOptions = {
  logTo?: DestinationStream
  /** Lowers the priority of hashing, for a process that handles requests at the same time. */
  lowerPriority?: boolean
  /** Leaves a marker beside the database, so that a start without the database does not create an empty one. */
  markDatabase?: boolean
}

/** Events that an operator should look into. */
const WARNINGS: EventKind[] = ['attack-suspected', 'mail-stalled']

/** For programs without `Deps`. */
export const systemTime = () => Date.now()

export async function openDeps(config: Config, options: OpenOptions = {}): Promise<Deps> {
  const log = await openLog(config.logFormat, options.logTo)
  const db = await openDb(config.databaseUrl, {
    onMigrated: (migration) => log.info({ migration }, 'migration applied'),
    onNotice: (message) => log.warn({}, message),
    onNewer: () => log.warn({}, 'The database is newer than this version.'),
    onlyCheck: config.migrate === 'off',
    pool: config.databasePool,
    listenUrl: config.databaseListenUrl,
    name: config.branding.name,
    onError: (error) => log.error({ err: error }, 'message to other processes failed'),
  })
  const { channel, openClock } = engineOf(db)
  const now = await openClock({ systemTime, elapsed: () => performance.now() }).catch(async (error: unknown) => {
    await db.destroy()
    throw error
  })
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
  const keys = createKeyRing(readKeys(config, random), random)
  const path = sqlitePath(config.databaseUrl)
  if (options.markDatabase && path !== undefined) markDatabase(path)
  return {
    db,
    channel,
    heldLocks: new Set(),
    databaseError: () => engineOf(db).findFileError(),
    now,
    uptime: () => seconds(uptime()),
    bestEffortTimeout: seconds(0.1),
    random,
    config,
    log,
    keys,
    http: createHttp({ now, log }),
    mailer: openMailer({ config, now, log }),
    mailboxFolder: DEV_MAILBOX,
    hashQueue: createHashQueue({ ...options, processes: config.workers }),
    emit(event) {
      if (WARNINGS.includes(event.kind)) log.warn(event, 'event')
      else log.info(event, 'event')
      publishEvent(channel, event)
    },
  }
}

/** In development, a database without a file gets a random key: its secrets end with the process. */
function readKeys({ secretKeys, databaseUrl }: Config, random: (bytes: number) => Uint8Array) {
  if (secretKeys.length > 0) return secretKeys
  const path = sqlitePath(databaseUrl) ?? ':memory:'
  return path === ':memory:' ? [random(KEY_BYTES)] : readKeyFile(path, random)
}
