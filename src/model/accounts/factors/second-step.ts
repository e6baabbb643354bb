import type { Deps } from '@/deps/deps'
import { accountLock, accountLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { confirm } from '@/model/limits/rate-limits'
import {
  createPendingLogin,
  deletePendingLogin,
  findPendingOwner,
  listUsersOfExpired,
  takeExpired,
  type PendingLoginStart,
} from '@/model/pending-logins/pending-logins'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'
import { reportAbandoned } from './abandoned-logins'
import { remindOfDueReset } from './delayed-reset'

type Started = { kind: 'started'; token: string } | RateLimited

/** `previousToken`: the pending login of this browser, which the new one replaces. */
export async function startSecondStep(
  deps: Deps,
  user: User,
  client: Client,
  previousToken: string | undefined,
  start: PendingLoginStart,
): Promise<Started> {
  const previous = await findPendingOwner(deps, previousToken)
  const locks = accountLocks(user.id, previous)
  const replace = async (deps: Deps): Promise<Started> => {
    const replaced = previousToken === undefined ? undefined : await deletePendingLogin(deps, previousToken)
    const created = await createPendingLogin(deps, user, client, start)
    // Another login of the same user continues the first one.
    if (replaced && (replaced.user_id !== user.id || created.kind === 'rate-limited'))
      await reportAbandoned(deps, replaced)
    if (created.kind === 'rate-limited') {
      deps.emit({ kind: 'rate-limited', by: created.by })
      return created
    }
    if (created.displaced) await reportAbandoned(deps, created.displaced)
    if (start.loginHitId !== undefined) await confirm(deps, start.loginHitId)
    await remindOfDueReset(deps, user)
    await recordEvent(deps, { kind: 'second-step-required', userId: user.id, firstFactor: start.firstFactor }, client)
    return { kind: 'started', token: created.token }
  }
  return inTransaction(deps, replace, { locks, durable: false })
}

/** Under the lock of its account, which may be another one: the row of a pending login is changed only under that lock. */
async function takePending(deps: Deps, token: string) {
  const owner = await findPendingOwner(deps, token)
  if (owner === undefined) return undefined
  return inTransaction(deps, (deps) => deletePendingLogin(deps, token), { locks: [accountLock(owner)] })
}

/** A whole login of the user in this browser takes its place. */
export async function replaceSecondStep(deps: Deps, token: string, user: Pick<User, 'id'>) {
  const replaced = await takePending(deps, token)
  if (replaced && replaced.user_id !== user.id) await reportAbandoned(deps, replaced)
}

/** For a login that the browser does not complete. Harmless without one. */
export async function stopSecondStep(deps: Deps, token: string) {
  const owner = await findPendingOwner(deps, token)
  if (owner === undefined) return
  const stop = async (deps: Deps) => {
    const stopped = await deletePendingLogin(deps, token)
    if (stopped) await reportAbandoned(deps, stopped)
  }
  await inTransaction(deps, stop, { locks: [accountLock(owner)], durable: false })
}

/** One batch of the retention job, of at most `max` users. Returns whether there may be more. */
export async function endExpiredSteps(deps: Deps, max: number) {
  const users = await listUsersOfExpired(deps, max)
  for (const id of users) await inTransaction(deps, (deps) => endExpiredStepsOf(deps, id), { locks: [accountLock(id)] })
  return users.length === max
}

async function endExpiredStepsOf(deps: Deps, userId: string) {
  for (const row of await takeExpired(deps, userId)) await reportAbandoned(deps, row)
}
