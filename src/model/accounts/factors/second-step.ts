import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { confirm } from '@/model/limits/rate-limits'
import {
  createPendingLogin,
  deletePendingLogin,
  takeExpired,
  type PendingLoginStart,
} from '@/model/pending-logins/pending-logins'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'
import { reportAbandoned } from './abandoned-logins'
import { remindOfDueReset } from './delayed-reset'

/** `previousToken`: the pending login of this browser, which the new one replaces. */
export const startSecondStep = (
  deps: Deps,
  user: User,
  client: Client,
  previousToken: string | undefined,
  start: PendingLoginStart,
): Promise<{ kind: 'started'; token: string } | RateLimited> =>
  inTransaction(
    deps,
    async (deps) => {
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
    },
    { durable: false },
  )

/** A whole login of the user in this browser takes its place. */
export async function replaceSecondStep(deps: Deps, token: string, user: Pick<User, 'id'>) {
  const replaced = await deletePendingLogin(deps, token)
  if (replaced && replaced.user_id !== user.id) await reportAbandoned(deps, replaced)
}

/** For a login that the browser does not complete. Harmless without one. */
export const stopSecondStep = (deps: Deps, token: string) =>
  inTransaction(
    deps,
    async (deps) => {
      const stopped = await deletePendingLogin(deps, token)
      if (stopped) await reportAbandoned(deps, stopped)
    },
    { durable: false },
  )

/** One batch of the retention job. Returns whether there may be more. */
export const endExpiredSteps = (deps: Deps, max: number) =>
  inTransaction(deps, async (deps) => {
    const expired = await takeExpired(deps, max)
    for (const row of expired) await reportAbandoned(deps, row)
    return expired.length === max
  })
