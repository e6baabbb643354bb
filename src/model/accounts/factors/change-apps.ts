import type { Deps } from '@/deps/deps'
import { deleteApp, findApp, listApps } from '@/model/authenticator-apps/authenticator-apps'
import { confirmApp } from '@/model/authenticator-apps/set-up'
import { endSessionsOfApps } from '@/model/sessions/end-by-factor'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, User } from '@/model/types'
import { uniqueFactorName } from '@/model/users/factor-name'
import { changeFactors } from './change-factors'
import {
  beginTwoStepSetup,
  planRemoval,
  stopTwoStepSetup,
  turnOffTwoStep,
  type ChangeContext,
  type FactorRemoval,
  type RemovedFactor,
} from './two-step'
import { countSecondFactors } from './find-factors'

const DEFAULT_NAME = 'Authenticator app'

type NewApp = { appId: string; step: number; name: string }

/** The code was right: the app is a second factor now. False if its set-up is gone. Followed by `completeNewApp`. */
export const confirmNewApp = async (deps: Deps, user: Pick<User, 'id'>, { name, ...app }: NewApp) =>
  confirmApp(deps, user, { ...app, name: await findFreeName(deps, user, name) })

/** Applies the effects of a new factor. Belongs in the transaction that gives the session a new token. */
export async function completeNewApp(
  deps: Deps,
  user: Pick<User, 'id'>,
  appId: string,
  { session, client }: ChangeContext,
) {
  await changeFactors(deps, user, 'factor-added', { session })
  await beginTwoStepSetup(deps, user)
  await recordEvent(
    deps,
    { kind: 'factor-added', userId: user.id, factor: 'authenticator-app', factorId: appId },
    client,
  )
}

/** The typed name, or a default; a number makes it unique. */
export async function findFreeName(deps: Deps, user: Pick<User, 'id'>, typed: string, exceptId?: string) {
  const others = (await listApps(deps, user)).filter(({ id }) => id !== exceptId)
  return uniqueFactorName(
    typed.trim() === '' ? DEFAULT_NAME : typed,
    others.map(({ name }) => name),
  )
}

/** Belongs in the transaction that gives the session a new token. */
export async function removeApp(deps: Deps, user: User, id: string, removal: FactorRemoval): Promise<RemovedFactor> {
  const { session, client, isConfirmed, everywhere } = removal
  const app = await findApp(deps, user, id)
  if (!app) return { kind: 'not-found' }
  const plan = await planRemoval(deps, user, { isUsable: true })
  if (plan.kind !== 'removable') return plan
  if (plan.turnsOff && !isConfirmed) return { kind: 'turns-off', name: app.name }
  if (!(await deleteApp(deps, user, id))) return { kind: 'not-found' }
  if (plan.turnsOff) await turnOffTwoStep(deps, user, removal)
  await changeFactors(deps, user, 'factor-removed', { session, everywhere })
  await endSessionsOfApps(deps, user, session)
  if ((await countSecondFactors(deps, user)) === 0) await stopTwoStepSetup(deps, user)
  await recordRemoval(deps, user, id, client)
  return { kind: 'removed' }
}

const recordRemoval = (deps: Deps, { id: userId }: User, factorId: string, client: Client) =>
  recordEvent(deps, { kind: 'factor-removed', userId, factor: 'authenticator-app', factorId, by: userId }, client)
