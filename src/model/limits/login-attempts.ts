import { inTransaction, type Deps } from '@/deps/deps'
import { sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import type { Client, Wait } from '@/model/types'
import { findKnownDevice, KNOWN_FOR, revokeDevice } from './known-devices'
import { revokeTry, takeTry } from './rate-limits'

/** How long wrong passwords count when no more of them come. Those that shut the account count for ever. */
const COUNTED_FOR = days(30)
/** What a power cut undoes of it gives a few guesses back, and no more. */
const PASSING = { isLasting: false }
const SHUT = days(1) // what a program is told, where no waiting helps

type Limit = Deps['config']['limits']['account']
type Count = { failures_count: number; open_at: number }

/** A guess at a password that may be made, counted as a wrong one until it turns out to be right. */
export type Guess = {
  kind: 'guess'
  key_hash: string
  /** Whether it shuts the account, if it is wrong. */
  isLast: boolean
  /** How it counts for its source; a browser that the account knows needs no such limit. */
  tryId?: string
}

/** How long after so many wrong ones in a row the next may come: nothing at first, then twice as long each time. */
const waitAfter = (failures: number, { free, firstWait, longestWait }: Limit) =>
  failures < free ? 0 : Math.min(firstWait * 2 ** (failures - free), longestWait)

/**
 * Counts a guess before anything is hashed, so that of two hundred at once no more get through than may; or says how long
 * to wait. It makes no difference whether the canonical address is anybody's.
 */
export const takeGuess = (deps: Deps, address: string, client: Client): Promise<Guess | Wait> =>
  inTransaction(
    deps,
    async (deps) => {
      const device = await findKnownDevice(deps, address, client.deviceToken)
      const own = device && (await takeInDevice(deps, device))
      if (own) return own
      const taken = await takeTry(deps, 'login', client.source ?? '')
      if (taken.kind === 'wait') return taken
      const guess = await countGuess(deps, keyOf(address), deps.config.limits.account)
      if (guess.kind === 'guess') return { ...guess, tryId: taken.id }
      deps.tell({ kind: 'limited', by: 'account' })
      await revokeTry(deps, taken.id)
      return guess
    },
    PASSING,
  )

/** Undefined in a browser that has used up its guesses: it is forgotten, and from now on a stranger. */
async function takeInDevice(deps: Deps, device: { id: string }): Promise<Guess | Wait | undefined> {
  const key_hash = sha256(`device ${device.id}`)
  const guess = await countGuess(deps, key_hash, deps.config.limits.device, deps.now() + KNOWN_FOR)
  if (guess.kind === 'guess') return { ...guess, isLast: false }
  if (!guess.isShut) {
    deps.tell({ kind: 'limited', by: 'known-device' })
    return guess
  }
  await revokeDevice(deps, device)
  await endCount(deps, key_hash)
}

/** `shutUntil` is when the last of its guesses is forgotten, where it has used up all: by default never. */
async function countGuess(
  deps: Deps,
  key_hash: string,
  limit: Limit,
  shutUntil: number | null = null,
): Promise<Guess | Wait> {
  const at = deps.now()
  const before = await findCount(deps, key_hash)
  if (before.failures_count >= limit.most) return { kind: 'wait', ms: SHUT, isShut: true }
  if (before.open_at > at) return { kind: 'wait', ms: before.open_at - at }
  const failures_count = before.failures_count + 1
  const isLast = failures_count >= limit.most
  const its = { failures_count, open_at: at + waitAfter(failures_count, limit) }
  await changeCount(deps, key_hash, { ...its, expires_at: isLast ? shutUntil : at + COUNTED_FOR })
  return { kind: 'guess', key_hash, isLast }
}

const keyOf = (address: string) => sha256(`account ${address}`)

async function findCount({ db, now }: Deps, key_hash: string): Promise<Count> {
  const counted = db.selectFrom('guess_counts').select(['failures_count', 'open_at']).where('key_hash', '=', key_hash)
  const lasting = counted.where((its) => its.or([its('expires_at', 'is', null), its('expires_at', '>', now())]))
  return (await lasting.executeTakeFirst()) ?? { failures_count: 0, open_at: 0 }
}

const changeCount = ({ db }: Deps, key_hash: string, count: Count & { expires_at: number | null }) =>
  db
    .insertInto('guess_counts')
    .values({ key_hash, ...count })
    .onConflict((counted) => counted.column('key_hash').doUpdateSet(count))
    .execute()

const endCount = ({ db }: Deps, key_hash: string) =>
  db.deleteFrom('guess_counts').where('key_hash', '=', key_hash).execute()

/** It was right: the row of wrong ones is over, of this account and no other. */
export async function endGuesses(deps: Deps, { key_hash, tryId }: Guess) {
  await endCount(deps, key_hash)
  if (tryId !== undefined) await revokeTry(deps, tryId)
}

/** Nobody found out whether it was right: it does not count, and where it was the only one nothing is kept of it. */
export const revokeGuess = (deps: Deps, { key_hash, tryId }: Guess) =>
  inTransaction(
    deps,
    async (deps) => {
      const only = deps.db.deleteFrom('guess_counts').where('key_hash', '=', key_hash)
      await only.where('failures_count', '<=', 1).execute()
      const its = { open_at: deps.now(), expires_at: deps.now() + COUNTED_FOR }
      const counted = deps.db.updateTable('guess_counts').where('key_hash', '=', key_hash)
      await counted.set(({ eb }) => ({ ...its, failures_count: eb('failures_count', '-', 1) })).execute()
      if (tryId !== undefined) await revokeTry(deps, tryId)
    },
    PASSING,
  )

/** There is a new password, or a new account: what was guessed before counts no more. */
export const endGuessesAt = (deps: Deps, address: string) => endCount(deps, keyOf(address))
