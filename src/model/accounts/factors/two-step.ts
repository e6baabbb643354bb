import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { requireLock } from '@/deps/transaction'
import { isSecondFactorRequired } from '@/model/factors/assurance'
import { countRecoveryCodes, saveRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, Session, User } from '@/model/types'
import { findRecoveryHold, type RecoveryHold } from '@/model/users/recovery-hold'
import { changeFactors } from './change-factors'
import { countSecondFactors } from './find-factors'

/** The session that makes a change, and its client. */
export type ChangeContext = { session: Pick<Session, 'id' | 'series_id'>; client: Client }

/** Epoch milliseconds: since when two-step verification is on, and since when its set-up is in progress. */
export type TwoStepState = { enabledAt: number | null; setupAt: number | null }

export async function findTwoStepState({ db }: Deps, { id }: Pick<User, 'id'>): Promise<TwoStepState> {
  const row = await db
    .selectFrom('users')
    .select(['two_step_enabled_at', 'two_step_setup_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  return { enabledAt: row?.two_step_enabled_at ?? null, setupAt: row?.two_step_setup_at ?? null }
}

/**
 * Turns two-step verification on if the user has recovery codes, else begins its set-up: nothing may lock a user out who
 * closes the page too early. Belongs in the transaction that gives the session a new token.
 */
export async function startTwoStep(deps: Deps, user: Pick<User, 'id'>, context: ChangeContext) {
  if ((await findTwoStepState(deps, user)).enabledAt !== null) return 'on'
  if ((await countSecondFactors(deps, user)) === 0) return 'no-factor'
  if ((await countRecoveryCodes(deps, user)) > 0) return (await enableTwoStep(deps, user, context)) ? 'on' : 'no-factor'
  await beginTwoStepSetup(deps, user)
  return 'set-up'
}

/** The user has a second factor. Two-step verification is turned on when recovery codes are saved. */
export const beginTwoStepSetup = ({ db, now }: Deps, { id }: Pick<User, 'id'>) =>
  db
    .updateTable('users')
    .set({ two_step_setup_at: now() })
    .where('id', '=', id)
    .where('two_step_enabled_at', 'is', null)
    .execute()

async function enableTwoStep(deps: Deps, user: Pick<User, 'id'>, { session, client }: ChangeContext) {
  const enabled = await deps.db
    .updateTable('users')
    .set({ two_step_enabled_at: deps.now(), two_step_setup_at: null })
    .where('id', '=', user.id)
    .where('two_step_enabled_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!enabled) return false
  await changeFactors(deps, user, 'two-step-on', { session })
  await recordEvent(deps, { kind: 'two-step-enabled', userId: user.id }, client)
  return true
}

/**
 * The new codes replace the old ones, and complete a set-up that is in progress. `gone`: the codes were replaced or have
 * expired. Belongs in the transaction that gives the session a new token.
 */
export async function activateRecoveryCodes(
  deps: Deps,
  user: Pick<User, 'id'>,
  context: ChangeContext & { setId?: string },
): Promise<'gone' | 'saved' | 'turned-on'> {
  if (!(await saveRecoveryCodes(deps, user, context.setId))) return 'gone'
  await changeFactors(deps, user, 'codes-replaced', { session: context.session })
  await recordEvent(deps, { kind: 'recovery-codes-created', userId: user.id }, context.client)
  const { enabledAt, setupAt } = await findTwoStepState(deps, user)
  const isReady = enabledAt === null && setupAt !== null && (await countSecondFactors(deps, user)) > 0
  return isReady && (await enableTwoStep(deps, user, context)) ? 'turned-on' : 'saved'
}

export type Hindrance = { kind: 'required' } | { kind: 'held'; hold: RecoveryHold }

/** Why two-step verification cannot be turned off now. */
export async function findHindrance(deps: Deps, user: User): Promise<Hindrance | undefined> {
  if (isSecondFactorRequired(deps.config.mfa, user)) return { kind: 'required' }
  const hold = await findRecoveryHold(deps, user)
  return hold && { kind: 'held', hold }
}

export type FactorRemoval = ChangeContext & {
  /** The user knows that this turns two-step verification off. */
  isConfirmed: boolean
  /** Logs out all other sessions. */
  everywhere: boolean
}

/** `only-way`: the user could not log in any more. `turns-off`: the user must confirm this first. */
export type RemovedFactor =
  { kind: 'removed' } | { kind: 'not-found' } | { kind: 'only-way' } | { kind: 'turns-off'; name: string } | Hindrance

/**
 * The effect of a removed factor on two-step verification. `isUsable`: the factor works as a second step, so it may be the
 * last one. Belongs in the transaction of the removal: two parallel ones must not leave two-step verification on without a factor.
 */
export async function planRemoval(
  deps: Deps,
  user: User,
  { isUsable }: { isUsable: boolean },
): Promise<Hindrance | { kind: 'removable'; turnsOff: boolean }> {
  requireLock(deps, accountLock(user.id))
  const hold = await findRecoveryHold(deps, user)
  if (hold) return { kind: 'held', hold }
  const isOn = (await findTwoStepState(deps, user)).enabledAt !== null
  const turnsOff = isOn && isUsable && (await countSecondFactors(deps, user)) <= 1
  return turnsOff && isSecondFactorRequired(deps.config.mfa, user)
    ? { kind: 'required' }
    : { kind: 'removable', turnsOff }
}

/** Keeps the factors and the recovery codes. Harmless if it is off. Belongs in the transaction that gives the session a new token. */
export async function turnOffTwoStep(deps: Deps, user: Pick<User, 'id'>, { session, client }: ChangeContext) {
  const disabled = await deps.db
    .updateTable('users')
    .set({ two_step_enabled_at: null, two_step_setup_at: null })
    .where('id', '=', user.id)
    .where('two_step_enabled_at', 'is not', null)
    .returning('id')
    .executeTakeFirst()
  if (!disabled) return
  await changeFactors(deps, user, 'two-step-off', { session })
  await recordEvent(deps, { kind: 'two-step-disabled', userId: user.id, by: user.id }, client)
}

/** Without a second factor there is nothing to complete. */
export const stopTwoStepSetup = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  db.updateTable('users').set({ two_step_setup_at: null }).where('id', '=', id).execute()
