import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock, secondFactorLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { minutes } from '@/lib/duration'
import { isAddressUnproved } from './prove-mailbox'
import { missingFactor } from '@/model/factors/assurance'
import { recordResetStep, type ReportedEvent } from '@/model/one-time-tokens/one-time-tokens'
import type { User } from '@/model/types'

const STEP_LIFETIME = minutes(10)

type Token = Pick<Schema['one_time_tokens'], 'event' | 'second_step_at'>

/**
 * The mailbox is one factor, so a reset asks for a second one (ASVS 5.0, 6.4.3). Not for an address that was never confirmed:
 * another person may have signed up with it and added the factors.
 */
export function isStepMissing(
  deps: Pick<Deps, 'now' | 'config'>,
  user: User,
  { second_step_at }: Pick<Token, 'second_step_at'>,
) {
  if (isAddressUnproved(deps, user)) return false
  if (missingFactor(user, ['email-code'], 'optional') !== 'second-factor') return false
  return second_step_at === null || second_step_at + STEP_LIFETIME <= deps.now()
}

/**
 * After `This wasn’t me`: whether every second factor is newer than the reported event. Then the user may say that an attacker
 * added them. Not if two-step verification was on then: its user got a new phone since, and a mailbox must not remove that.
 */
export async function canDisown(deps: Deps, user: User, { event }: Pick<Token, 'event'>) {
  if (event === null || user.role !== 'user' || deps.config.factorReset === 0) return false
  const reported: ReportedEvent = JSON.parse(event)
  if ((user.two_step_enabled_at ?? 0) <= reported.at) return false
  const oldest = await findOldestFactor(deps, user)
  return oldest !== undefined && oldest > reported.at
}

async function findOldestFactor({ db }: Deps, { id }: User) {
  const row = await db
    .selectNoFrom(({ selectFrom }) => [
      selectFrom('passkeys')
        .select(({ fn }) => fn.min('created_at').as('at'))
        .where('user_id', '=', id)
        .as('passkey'),
      selectFrom('authenticator_apps')
        .select(({ fn }) => fn.min('confirmed_at').as('at'))
        .where('user_id', '=', id)
        .as('app'),
      selectFrom('recovery_codes')
        .select(({ fn }) => fn.min('created_at').as('at'))
        .where('user_id', '=', id)
        .where('is_active', '=', 1)
        .where('used_at', 'is', null)
        .as('codes'),
    ])
    .executeTakeFirstOrThrow()
  const times = [row.passkey, row.app, row.codes].filter((at) => at !== null)
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Rolls the transaction back, so that the factor is not used up. */
class LinkGone extends Error {}

/** `use` uses the factor up. Undefined if another request was first, or if the link does not work any more. */
export function proveForReset<T>(
  deps: Deps,
  { id }: Pick<User, 'id'>,
  token: string,
  use: (deps: Deps) => Promise<T | undefined>,
) {
  const prove = async (deps: Deps) => {
    const used = await use(deps)
    if (!used) return undefined
    if (!(await recordResetStep(deps, token, 'proved'))) throw new LinkGone()
    return used
  }
  return inTransaction(deps, prove, { locks: [secondFactorLock(id), accountLock(id)] }).catch((error: unknown) => {
    if (error instanceof LinkGone) return undefined
    throw error
  })
}

/** The reset goes on without a second factor. It changes none, and the next login asks for one. */
export const skipResetStep = (deps: Deps, token: string) => recordResetStep(deps, token, 'skipped')

/** The new password will start the waiting period of a delayed reset. False without a change if that is not possible. */
export const disownFactors = async (deps: Deps, token: string, user: User, found: Pick<Token, 'event'>) =>
  (await canDisown(deps, user, found)) && recordResetStep(deps, token, 'disowned')
