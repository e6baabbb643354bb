import type { Schema, TryKind } from '@db/schema'
import type { SelectQueryBuilder } from 'kysely'
import { inTransaction, type Deps } from '@/deps/deps'
import { base64url, sha256 } from '@/lib/encoding'
import { networkAround } from '@/lib/ip-address'
import { seconds } from '@/lib/duration'
import type { Wait } from '@/model/types'

type RateLimit = Deps['config']['limits'][TryKind]['source'][number]

/** What is told to who comes while so many are being tried, and how long that can take. */
const MOMENT = seconds(1)
const PATIENCE = seconds(30)

type Tries = SelectQueryBuilder<Schema, 'tries', { at: number }>

/** Which of the limits it is. */
type Limited = Wait & { by: 'source' | 'network' }

/** How long a source has to wait before it may do this once more: by its own limit or its network's. */
async function findWait(deps: Deps, kind: TryKind, whose: string): Promise<Limited | undefined> {
  const limits = deps.config.limits[kind]
  const tries = deps.db.selectFrom('tries').select('at').where('kind', '=', kind).orderBy('at', 'desc')
  const ofSource = tries.where('source_hash', '=', sha256(whose))
  const ms = await findWaitAmong(deps, limits.source, ofSource)
  if (ms > 0) return { kind: 'wait', ms, by: 'source' }
  const network = networkHashOf(whose)
  if (network === null) return undefined
  const msOfNetwork = await findWaitAmong(deps, limits.network, tries.where('network_hash', '=', network))
  return msOfNetwork > 0 ? { kind: 'wait', ms: msOfNetwork, by: 'network' } : undefined
}

/** Zero where no limit is reached. */
async function findWaitAmong(deps: Deps, limits: RateLimit[], tries: Tries) {
  const now = deps.now()
  for (const { most, within } of limits) {
    const at = most === 0 ? now : await findTimeOf(tries, most)
    const ms = at + within - now
    if (ms > 0) return (await isUnsettled(deps, tries)) ? Math.min(ms, MOMENT) : ms
  }
  return 0
}

/** When the newest, second newest, … of these was made. */
async function findTimeOf(tries: Tries, nth: number) {
  const found = tries.offset(nth - 1).limit(1)
  return (await found.executeTakeFirst())?.at ?? -Infinity
}

const networkHashOf = (whose: string) => {
  const network = networkAround(whose)
  return network === '' ? null : sha256(network)
}

/** Whether some of these are still being tried: most who come at once type the right password, and are soon out of the way. */
async function isUnsettled({ now }: Deps, tries: Tries) {
  const young = tries.where('settled_at', 'is', null).where('at', '>', now() - PATIENCE)
  return (await young.limit(1).executeTakeFirst()) !== undefined
}

/**
 * Counts a try before it is made, so that of many at once no more get through than may; or says how long to wait, which is
 * told.
 */
export async function takeTry(deps: Deps, kind: TryKind, whose: string) {
  const taken = await inTransaction(
    deps,
    async (deps) => {
      const wait = await findWait(deps, kind, whose)
      if (wait) return wait
      const id = base64url(deps.random(16))
      const from = { source_hash: sha256(whose), network_hash: networkHashOf(whose) }
      await deps.db
        .insertInto('tries')
        .values({ id, kind, ...from, at: deps.now() })
        .execute()
      return { kind: 'try' as const, id }
    },
    { isLasting: false },
  )
  if (taken.kind === 'wait') deps.tell({ kind: 'limited', by: taken.by })
  return taken
}

/** It is clear now that it counts. */
export const recordTry = (deps: Deps, id: string) =>
  inTransaction(
    deps,
    async (deps) => {
      const settled = deps.db.updateTable('tries').set({ settled_at: deps.now() }).where('id', '=', id)
      const hit = await settled.returning('kind').executeTakeFirst()
      if (hit && hit.kind !== 'alarm') await reportAttack(deps, hit.kind)
    },
    { isLasting: false },
  )

/** Many sources that stay below their own limits are an attack together. Refusing all visitors would be its success. */
async function reportAttack(deps: Deps, limit: TryKind) {
  const { alarm } = deps.config.limits[limit]
  if (!alarm) return
  const since = deps.now() - alarm.within
  const confirmed = deps.db
    .selectFrom('tries')
    .where('kind', '=', limit)
    .where('at', '>', since)
    .where('settled_at', 'is not', null)
  if ((await findTimeOf(confirmed.select('at').orderBy('at', 'desc'), alarm.most)) <= since) return
  if (!(await claimAlarm(deps, limit, since))) return
  const { count } = await confirmed.select(({ fn }) => fn.countAll().as('count')).executeTakeFirstOrThrow()
  deps.tell({ kind: 'attack-suspected', limit, count: Number(count) })
}

/** One alarm of a limit per window, also across processes and restarts: the row of the last one is there until then. */
async function claimAlarm({ db, now }: Deps, limit: TryKind, since: number) {
  const id = `alarm ${limit}`
  await db.deleteFrom('tries').where('id', '=', id).where('at', '<=', since).execute()
  const alarm = db.insertInto('tries').values({ id, kind: 'alarm', source_hash: '', at: now() })
  const claimed = await alarm
    .onConflict((same) => same.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Takes a try back: it went well, or nothing was tried. */
export const revokeTry = ({ db }: Deps, id: string) => db.deleteFrom('tries').where('id', '=', id).execute()
