import type { Deps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import { minutes } from '@/lib/duration'

export const SAVED_REQUEST_LIFETIME = minutes(15)

/** `failed` changed nothing, so the request may be sent again. */
type Outcome = 'done' | 'failed'

/** `claimed_at` distinguishes the attempts to send one saved request. */
export type Claim = { id: string; claimed_at: number }
type KnownClaim = Claim & { state: 'running' | Outcome }

/**
 * `elsewhere`: another process claimed it less than a minute ago. `interrupted`: it did so earlier and has probably stopped.
 * The request may have been sent.
 */
export type ClaimState = 'free' | 'running' | 'done' | 'elsewhere' | 'interrupted'

const INTERRUPTED_AFTER = minutes(1) // longer than most requests; another process may stop without a trace

/**
 * The claims of this process, for as long as the row does not show their state. A claim has no timeout: a second attempt
 * could begin while the first still runs. The row alone would lose a form when the database fails during the attempt.
 */
const claimsOf = new WeakMap<Deps['db'], Map<string, KnownClaim>>()

function knownClaims({ db, now }: Deps) {
  const known = claimsOf.get(db) ?? new Map<string, KnownClaim>()
  claimsOf.set(db, known)
  for (const { id, claimed_at, state } of known.values())
    if (state !== 'running' && claimed_at + SAVED_REQUEST_LIFETIME <= now()) known.delete(id)
  return known
}

export function claimStateOf(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  { id, claimed_at }: { id: string; claimed_at: number | null },
): ClaimState {
  const known = claimsOf.get(db)?.get(id)
  if (known && known.state !== 'failed') return known.state
  if (claimed_at === null || claimed_at === known?.claimed_at) return 'free'
  return now() - claimed_at < INTERRUPTED_AFTER ? 'elsewhere' : 'interrupted'
}

/** `update` returns whether the row still had the state that the caller read. Call it without waiting after that check. */
export async function startClaim(deps: Deps, id: string, update: (claimed_at: number) => Promise<boolean>) {
  const known = knownClaims(deps)
  const previous = known.get(id)
  const claim: KnownClaim = { id, claimed_at: deps.now(), state: 'running' }
  known.set(id, claim)
  const isOwn = await update(claim.claimed_at).catch((error: unknown) => {
    restore()
    throw error
  })
  if (!isOwn) restore()
  return isOwn ? claim : undefined

  function restore() {
    if (previous) known.set(id, previous)
    else known.delete(id)
  }
}

/** Best effort: the response is already decided. */
export async function finishClaim(deps: Deps, { id, claimed_at }: Claim, outcome: Outcome) {
  const known = knownClaims(deps)
  const finished: KnownClaim = { id, claimed_at, state: outcome }
  known.set(id, finished)
  await writeBestEffort(deps, async () => {
    await (outcome === 'done' ? deleteRow(deps, finished) : releaseRow(deps, finished))
    if (known.get(id) === finished) known.delete(id)
  }).catch((error: unknown) => deps.log.error({ err: error }, 'best-effort write failed'))
}

const deleteRow = ({ db }: Deps, { id, claimed_at }: Claim) =>
  db.deleteFrom('saved_requests').where('id', '=', id).where('claimed_at', '=', claimed_at).execute()

const releaseRow = ({ db }: Deps, { id, claimed_at }: Claim) =>
  db
    .updateTable('saved_requests')
    .set({ claimed_at: null })
    .where('id', '=', id)
    .where('claimed_at', '=', claimed_at)
    .execute()
