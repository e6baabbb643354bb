import type { Schema, LimitName } from '@db/schema'
import type { SelectQueryBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { networkFor } from '@/lib/ip-address'
import { seconds } from '@/lib/duration'
import type { RateLimited } from '@/model/types'

type RateLimit = Deps['config']['limits'][LimitName]['source'][number]

/** What is told to who comes while so many are being tried, and how long that can take. */
const PENDING_RETRY_AFTER = seconds(1)
const PENDING_WINDOW = seconds(30)

type Hits = SelectQueryBuilder<Schema, 'rate_limit_hits', { created_at: number }>

/** Which of the limits it is. */
type Limited = RateLimited & { by: 'source' | 'network' }

/** How long a source has to wait before it may do this once more: by its own limit or its network's. */
async function findRetryAfter(deps: Deps, kind: LimitName, key: string): Promise<Limited | undefined> {
  const limits = deps.config.limits[kind]
  const tries = deps.db
    .selectFrom('rate_limit_hits')
    .select('created_at')
    .where('limit_name', '=', kind)
    .orderBy('created_at', 'desc')
  const ofSource = tries.where('source_hash', '=', sha256(key))
  const ms = await findWaitAmong(deps, limits.source, ofSource)
  if (ms > 0) return { kind: 'rate-limited', retryAfterMs: ms, by: 'source' }
  const network = networkHashOf(key)
  if (network === null) return undefined
  const msOfNetwork = await findWaitAmong(deps, limits.network, tries.where('network_hash', '=', network))
  return msOfNetwork > 0 ? { kind: 'rate-limited', retryAfterMs: msOfNetwork, by: 'network' } : undefined
}

/** Zero where no limit is reached. */
async function findWaitAmong(deps: Deps, limits: RateLimit[], tries: Hits) {
  const now = deps.now()
  for (const { max, window } of limits) {
    const at = max === 0 ? now : await findTimeOf(tries, max)
    const ms = at + window - now
    if (ms > 0) return (await hasPendingHits(deps, tries)) ? Math.min(ms, PENDING_RETRY_AFTER) : ms
  }
  return 0
}

/** When the newest, second newest, … of these was made. */
async function findTimeOf(tries: Hits, nth: number) {
  const found = tries.offset(nth - 1).limit(1)
  return (await found.executeTakeFirst())?.created_at ?? -Infinity
}

const networkHashOf = (key: string) => {
  const network = networkFor(key)
  return network === '' ? null : sha256(network)
}

/** Whether some of these are still being tried: most who come at once type the right password, and are soon out of the way. */
async function hasPendingHits({ now }: Deps, tries: Hits) {
  const young = tries.where('confirmed_at', 'is', null).where('created_at', '>', now() - PENDING_WINDOW)
  return (await young.limit(1).executeTakeFirst()) !== undefined
}

/**
 * Counts a try before it is made, so that of many at once no more get through than may; or says how long to wait, which is
 * told.
 */
export async function consume(deps: Deps, kind: LimitName, key: string) {
  const taken = await inTransaction(
    deps,
    async (deps) => {
      const wait = await findRetryAfter(deps, kind, key)
      if (wait) return wait
      const id = base64url(deps.random(16))
      const from = { source_hash: sha256(key), network_hash: networkHashOf(key) }
      await deps.db
        .insertInto('rate_limit_hits')
        .values({ id, limit_name: kind, ...from, created_at: deps.now() })
        .execute()
      return { kind: 'try' as const, id }
    },
    { durable: false },
  )
  if (taken.kind === 'rate-limited') deps.emit({ kind: 'rate-limited', by: taken.by })
  return taken
}

/** It is clear now that it counts. */
export const confirm = (deps: Deps, id: string) =>
  inTransaction(
    deps,
    async (deps) => {
      const settled = deps.db.updateTable('rate_limit_hits').set({ confirmed_at: deps.now() }).where('id', '=', id)
      const hit = await settled.returning('limit_name').executeTakeFirst()
      if (hit && hit.limit_name !== 'alarm') await reportAttack(deps, hit.limit_name)
    },
    { durable: false },
  )

/** Many sources that stay below their own limits are an attack together. Refusing all visitors would be its success. */
async function reportAttack(deps: Deps, limit: LimitName) {
  const { alarm } = deps.config.limits[limit]
  if (!alarm) return
  const since = deps.now() - alarm.window
  const confirmed = deps.db
    .selectFrom('rate_limit_hits')
    .where('limit_name', '=', limit)
    .where('created_at', '>', since)
    .where('confirmed_at', 'is not', null)
  if ((await findTimeOf(confirmed.select('created_at').orderBy('created_at', 'desc'), alarm.max)) <= since) return
  if (!(await claimAlarm(deps, limit, since))) return
  const { count } = await confirmed.select(({ fn }) => fn.countAll().as('count')).executeTakeFirstOrThrow()
  deps.emit({ kind: 'attack-suspected', limit, count: Number(count) })
}

/** One alarm of a limit per window, also across processes and restarts: the row of the last one is there until then. */
async function claimAlarm({ db, now }: Deps, limit: LimitName, since: number) {
  const id = `alarm ${limit}`
  await db.deleteFrom('rate_limit_hits').where('id', '=', id).where('created_at', '<=', since).execute()
  const alarm = db.insertInto('rate_limit_hits').values({ id, limit_name: 'alarm', source_hash: '', created_at: now() })
  const claimed = await alarm
    .onConflict((same) => same.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Takes a try back: it went well, or nothing was tried. */
export const refund = ({ db }: Deps, id: string) => db.deleteFrom('rate_limit_hits').where('id', '=', id).execute()
