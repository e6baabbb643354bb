import type { Deps } from '@/deps/deps'
import { insertPasskey, type AddedPasskey, type PasskeyToAdd } from '@/model/passkeys/add'
import { listPasskeys } from '@/model/passkeys/passkeys'
import { recordEvent } from '@/model/security-events/security-events'
import { endSessionsOfPasskey } from '@/model/sessions/end-by-factor'
import type { Client, User } from '@/model/types'
import { changeFactors } from './change-factors'
import {
  planRemoval,
  stopTwoStepSetup,
  turnOffTwoStep,
  type ChangeContext,
  type FactorRemoval,
  type RemovedFactor,
} from './two-step'
import { countSecondFactors } from './find-factors'
import { isNotOnlyWay } from './ways-to-log-in'

/** For a user with a session. Belongs in the transaction that gives the session a new token. */
export async function addPasskey(
  deps: Deps,
  user: Pick<User, 'id'>,
  input: PasskeyToAdd,
  { session, client }: ChangeContext,
): Promise<AddedPasskey> {
  const added = await insertPasskey(deps, user, input)
  if (added.kind !== 'added') return added
  await changeFactors(deps, user, 'factor-added', { session })
  await recordAddition(deps, user, added.id, client)
  return added
}

const recordAddition = (deps: Deps, { id: userId }: Pick<User, 'id'>, factorId: string, client: Client) =>
  recordEvent(deps, { kind: 'factor-added', userId, factor: 'passkey', factorId }, client)

/** Belongs in the transaction that gives the session a new token. */
export async function removePasskey(
  deps: Deps,
  user: User,
  id: string,
  removal: FactorRemoval,
): Promise<RemovedFactor> {
  const { session, client, isConfirmed, everywhere } = removal
  const passkey = (await listPasskeys(deps, user)).find((one) => one.id === id)
  if (!passkey) return { kind: 'not-found' }
  const plan = await planRemoval(deps, user, { isUsable: passkey.state === 'active' })
  if (plan.kind !== 'removable') return plan
  const removable = deps.db.selectFrom('passkeys').select('id').where('id', '=', id).where(isNotOnlyWay(deps, user))
  if (!(await removable.executeTakeFirst())) return { kind: 'only-way' }
  if (plan.turnsOff && !isConfirmed) return { kind: 'turns-off', name: passkey.name }
  const deleted = await deps.db
    .deleteFrom('passkeys')
    .where('id', '=', id)
    .where('user_id', '=', user.id)
    .where(isNotOnlyWay(deps, user))
    .returning('id')
    .executeTakeFirst()
  if (!deleted) return { kind: 'only-way' }
  if (plan.turnsOff) await turnOffTwoStep(deps, user, removal)
  await changeFactors(deps, user, 'factor-removed', { session, everywhere })
  await endSessionsOfPasskey(deps, user, id, session)
  if ((await countSecondFactors(deps, user)) === 0) await stopTwoStepSetup(deps, user)
  const event = { kind: 'factor-removed', userId: user.id, factor: 'passkey', factorId: id, by: user.id } as const
  await recordEvent(deps, event, client)
  return { kind: 'removed' }
}
