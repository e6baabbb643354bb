import { sendWrite } from '@db/send-write'
import type { LimitName } from '@db/limit-tables'
import type { Schema } from '@db/schema'
import type { SelectQueryBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { emailLock, limitLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { isLoopbackSource, networkFor } from '@/lib/ip-address'
import { seconds } from '@/lib/duration'
import type { RateLimited } from '@/model/types'

type SourceLimit = Exclude<LimitName, SubjectLimit>
/** Not for sources of requests. */
type SubjectLimit = 'mail-recipient' | 'mail-unknown-recipient'
type RateLimit = Deps['config']['limits'][SubjectLimit][number]

/** Pending logins block a source for 1 s, not for 10 min: most of them have the right password and are refunded. */
const PENDING_RETRY_AFTER = seconds(1)
const PENDING_WINDOW = seconds(30)

type Hits = SelectQueryBuilder<Schema, 'rate_limit_hits', { created_at: number }>

const hitsOf = ({ db }: Deps, limitName: LimitName) =>
  db
    .selectFrom('rate_limit_hits')
    .select('created_at')
    .where('limit_name', '=', limitName)
    .orderBy('created_at', 'desc') // nothing else is read, so equal rows need no order

const isLimited = ({ config }: Pick<Deps, 'config'>, source: string) =>
  config.limitsLoopback || !isLoopbackSource(source)

/** What `consume` needs, for a transaction that also holds other locks. */
export function limitLocks(deps: Pick<Deps, 'config'>, limitName: SourceLimit, source: string) {
  if (!isLimited(deps, source)) return []
  const network = networkFor(source)
  return [source, ...(network === '' ? [] : [network])].map((counted) => limitLock(limitName, counted))
}

/** Counts nothing. */
export async function findRetryAfter(
  deps: Deps,
  limitName: SourceLimit,
  source: string,
): Promise<RateLimited | undefined> {
  if (!isLimited(deps, source)) return undefined
  const limits = deps.config.limits[limitName]
  const hits = hitsOf(deps, limitName)
  const network = networkHashOf(source)
  const bounds = (by: 'source' | 'network', key: 'source_hash' | 'network_hash', hash: string) =>
    limits[by].map((limit) => ({ ...limit, by, hits: hits.where(key, '=', hash) }))
  const reached = await findReached(deps, [
    ...bounds('source', 'source_hash', sha256(source)),
    ...(network === null ? [] : bounds('network', 'network_hash', network)),
  ])
  return reached && { kind: 'rate-limited', ...reached }
}

type Bound = RateLimit & { by: 'source' | 'network'; hits: Hits }

/** The first limit that is reached. One statement for all of them, because each one is a round trip to a server. */
async function findReached(deps: Deps, bounds: Bound[]) {
  const now = deps.now()
  const counted = bounds.filter(({ max }) => max > 0)
  const times = await findTimesOf(deps, counted)
  for (const { max, window, by, hits } of bounds) {
    const at = max === 0 ? now : (times.shift() ?? -Infinity)
    const retryAfterMs = at + window - now
    if (retryAfterMs > 0)
      return {
        retryAfterMs: (await hasPendingHits(deps, hits)) ? Math.min(retryAfterMs, PENDING_RETRY_AFTER) : retryAfterMs,
        by,
      }
  }
}

/** The time of the hit that reached each limit, the newest hit being the first. */
async function findTimesOf({ db }: Deps, bounds: Bound[]) {
  if (bounds.length === 0) return []
  const times = bounds.map(({ hits, max }, i) =>
    hits
      .offset(max - 1)
      .limit(1)
      .as(`time${i}`),
  )
  const row: Record<string, number | null> = await db.selectNoFrom(times).executeTakeFirstOrThrow()
  return bounds.map((_, i) => row[`time${i}`])
}

async function findTimeOf(newestFirst: Hits, nth: number) {
  const hit = await newestFirst
    .offset(nth - 1)
    .limit(1)
    .executeTakeFirst()
  return hit?.created_at ?? -Infinity
}

const networkHashOf = (source: string) => {
  const network = networkFor(source)
  return network === '' ? null : sha256(network)
}

async function hasPendingHits({ now }: Deps, hits: Hits) {
  const pending = await hits
    .where('confirmed_at', 'is', null)
    .where('created_at', '>', now() - PENDING_WINDOW)
    .limit(1)
    .executeTakeFirst()
  return pending !== undefined
}

/** Counts the hit before the work it allows, so that parallel requests cannot exceed the limit. */
export async function consume(deps: Deps, limitName: SourceLimit, source: string) {
  const result = await inTransaction(
    deps,
    async (deps) => {
      const limited = await findRetryAfter(deps, limitName, source)
      if (limited) return limited
      const id = await addHit(deps, limitName, { source_hash: sha256(source), network_hash: networkHashOf(source) })
      return { kind: 'hit' as const, id }
    },
    { locks: limitLocks(deps, limitName, source), durable: false },
  )
  if (result.kind === 'rate-limited') deps.emit({ kind: 'rate-limited', by: result.by })
  return result
}

async function addHit(
  { db, now, random }: Deps,
  limit_name: LimitName,
  key: { source_hash: string; network_hash: string | null; confirmed_at?: number },
) {
  const id = base64url(random(16))
  await sendWrite(db, db.insertInto('rate_limit_hits').values({ id, limit_name, ...key, created_at: now() }))
  return id
}

/**
 * Counts a hit of anything but a source. Returns false if the limit is reached. Parallel requests may exceed the one for
 * unknown recipients: it protects other people from a flood of mails, and a lock would make all mails of the site wait.
 */
export const consumeFor = (deps: Deps, limitName: SubjectLimit, subject: string) =>
  inTransaction(
    deps,
    async (deps) => {
      const source_hash = sha256(subject)
      const hits = hitsOf(deps, limitName).where('source_hash', '=', source_hash)
      const bounds = deps.config.limits[limitName].map((limit) => ({ ...limit, by: 'source' as const, hits }))
      if (await findReached(deps, bounds)) return false
      await addHit(deps, limitName, { source_hash, network_hash: null, confirmed_at: deps.now() })
      return true
    },
    { locks: limitName === 'mail-recipient' ? [emailLock(subject)] : [], durable: false },
  )

export const confirm = (deps: Deps, id: string) =>
  inTransaction(
    deps,
    async (deps) => {
      const hit = await deps.db
        .updateTable('rate_limit_hits')
        .set({ confirmed_at: deps.now() })
        .where('id', '=', id)
        .returning('limit_name')
        .executeTakeFirst()
      if (hit && hit.limit_name !== 'alarm') await reportAttack(deps, hit.limit_name)
    },
    // The alarm counts the whole site: a lock would make all failed logins wait for each other.
    { locks: [], durable: false },
  )

/** For attacks from many sources, each below its own limit. A limit that refuses all visitors would help the attacker. */
async function reportAttack(deps: Deps, limit: LimitName) {
  const limits = deps.config.limits[limit]
  const alarm = Array.isArray(limits) ? undefined : limits.alarm
  if (!alarm) return
  const since = deps.now() - alarm.window
  const confirmed = deps.db
    .selectFrom('rate_limit_hits')
    .where('limit_name', '=', limit)
    .where('created_at', '>', since)
    .where('confirmed_at', 'is not', null)
  const newest = confirmed.select('created_at').orderBy('created_at', 'desc') // nothing else is read
  if ((await findTimeOf(newest, alarm.max)) <= since) return
  if (!(await claimAlarm(deps, limit, since))) return
  const { count } = await confirmed.select(({ fn }) => fn.countAll().as('count')).executeTakeFirstOrThrow()
  deps.emit({ kind: 'attack-suspected', limit, count: Number(count) })
}

/** Returns true if there was no alarm of this name after `since`, also across processes and restarts. */
export async function claimAlarm({ db, now }: Deps, name: LimitName | 'mail-stalled', since: number) {
  const id = `alarm ${name}`
  await db.deleteFrom('rate_limit_hits').where('id', '=', id).where('created_at', '<=', since).execute()
  const alarm = db.insertInto('rate_limit_hits').values({ id, limit_name: 'alarm', source_hash: '', created_at: now() })
  const claimed = await alarm
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

export const refund = ({ db }: Deps, id: string) => sendWrite(db, db.deleteFrom('rate_limit_hits').where('id', '=', id))

/** Lifts the limits of a source and of its network. The limits of accounts stay. */
export const deleteHits = (deps: Deps, source: string) =>
  inTransaction(
    deps,
    async ({ db }) => {
      const network = networkHashOf(source)
      await db
        .deleteFrom('rate_limit_hits')
        .where(({ or, eb }) =>
          or([eb('source_hash', '=', sha256(source)), ...(network === null ? [] : [eb('network_hash', '=', network)])]),
        )
        .execute()
    },
    { locks: [] }, // one statement
  )
