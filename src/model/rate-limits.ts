import type { Schema, TryKind } from '@db/schema'
import type { SelectQueryBuilder } from 'kysely'
import { inTransaction, type Deps } from '@/deps'
import { base64url, sha256 } from '@/lib/bytes'
import { networkAround } from '@/lib/addresses'
import { seconds } from '@/lib/durations'
import { SET_BACK } from './live-sessions'

/** At most so many within so many milliseconds, whichever moment one looks back from. */
type RateLimit = { most: number; within: number }
type Limits = Record<(typeof WHOSE)[number], RateLimit[]>

const WHOSE = ['source', 'network', 'site'] as const
const WITHOUT_NETWORK = ['source', 'site'] as const

/** Not now: for so many milliseconds yet. */
export type Wait = {
  kind: 'wait'
  ms: number
  /** No waiting helps: it takes a new password, or a browser that the account knows. */
  isShut?: boolean
}

/** What is told to who comes while so many are being tried, and how long that can take. */
const MOMENT = seconds(1)
const PATIENCE = seconds(30)

type Tries = SelectQueryBuilder<Schema, 'tries', { at: number }>

/** Which of the limits it is. */
type Limited = Wait & { by: (typeof WHOSE)[number] }

/** How long a source has to wait before it may do this once more: by its own limit, its network's or the whole site's. */
async function findWait(deps: Deps, kind: TryKind, whose: string): Promise<Limited | undefined> {
  const limits: Limits = deps.config.limits[kind]
  const network = networkHashOf(whose)
  const tries = deps.db.selectFrom('tries').select('at').where('kind', '=', kind).orderBy('at', 'desc')
  const site = tries.where('at', '<=', deps.now() + SET_BACK) // what was later, by a clock that was ahead, holds up nobody
  const source = site.where('source_hash', '=', sha256(whose))
  const counted = { source, network: site.where('network_hash', '=', network), site }
  for (const by of network === null ? WITHOUT_NETWORK : WHOSE)
    for (const { most, within } of limits[by]) {
      const oldest = counted[by].limit(1).offset(most - 1)
      const { at = -Infinity } = (await oldest.executeTakeFirst()) ?? {}
      const ms = Math.min(at + within - deps.now(), within)
      if (ms > 0) return { kind: 'wait', ms: (await isUnsettled(deps, counted[by])) ? Math.min(ms, MOMENT) : ms, by }
    }
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
export const recordTry = ({ db, now }: Deps, id: string) =>
  db.updateTable('tries').set({ settled_at: now() }).where('id', '=', id).execute()

/** Takes a try back: it went well, or nothing was tried. */
export const revokeTry = ({ db }: Deps, id: string) => db.deleteFrom('tries').where('id', '=', id).execute()
