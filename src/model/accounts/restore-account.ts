import type { Deps } from '@/deps/deps'
import { accountLock, accountLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { missingFactor } from '@/model/factors/assurance'
import {
  consumeOneTimeToken,
  findOneTimeToken,
  findTokenOwner,
  issueOneTimeToken,
} from '@/model/one-time-tokens/one-time-tokens'
import { usePasskey } from '@/model/passkeys/verify'
import { findPendingOwner } from '@/model/pending-logins/pending-logins'
import type { Client, User } from '@/model/types'
import { userColumns } from '@/model/users/columns'
import { cancelDeletion } from './request-deletion'
import { startSecondStep } from './factors/second-step'

/** How the user proved the account, other than by a password. `flow` is the one of a mailed code. */
export type RestoreProof = { flow?: string; passkeyId?: string }

/** Returns the token for a user who proved the account. */
export const issueRestoreToken = (deps: Deps, user: User, { flow, passkeyId }: RestoreProof) =>
  inTransaction(
    deps,
    (deps) =>
      issueOneTimeToken(deps, 'restore-account', user, {
        flowHash: flow === undefined ? null : sha256(flow),
        passkeyId: passkeyId ?? null, // both factors, so no second step follows
      }),
    { locks: [accountLock(user.id)] },
  )

/** For a user who proved the account during the grace period. Undefined without a valid token. */
export async function findRestorable(deps: Deps, token: string | undefined) {
  const found = await findOneTimeToken(deps, 'restore-account', token)
  if (!found) return undefined
  const account = await deps.db
    .selectFrom('users')
    .select(userColumns)
    .select('deletion_at')
    .where('id', '=', found.user_id ?? '')
    .$narrowType<{ deletion_at: number }>()
    .executeTakeFirst()
  if (!account) return undefined
  const { deletion_at: deletionAt, ...user } = account
  const passkeyId = found.passkey_id ?? undefined
  const method = passkeyId !== undefined ? 'passkey' : found.flow_hash !== null ? 'email-code' : 'password'
  // A session after a mailed code is never fresh: no password was typed.
  const isFresh = method !== 'email-code' && deps.now() - found.created_at < deps.config.session.fresh
  return { user, deletionAt, method, passkeyId, isFresh, provedAt: found.created_at } as const
}

/**
 * Uses the token. With two-step verification, one factor cancels nothing: a pending login starts, and its second step keeps the
 * account. Undefined without a valid token, and after the deletion date. A limit changes nothing.
 */
export async function restoreAccount(
  deps: Deps,
  token: string | undefined,
  client: Client,
  pendingToken: string | undefined,
) {
  const owner = await findTokenOwner(deps, 'restore-account', token)
  const pendingOwner = await findPendingOwner(deps, pendingToken)
  const restore = async (deps: Deps) => {
    const found = await findRestorable(deps, token)
    if (!found || found.deletionAt <= deps.now()) return undefined
    const { user, method, passkeyId } = found
    if (method !== 'passkey' && missingFactor(user, [method], deps.config.mfa) === 'second-factor') {
      const start = { firstFactor: method, remember: false, isForced: false, keepsAccount: true }
      const started = await startSecondStep(deps, user, client, pendingToken, start)
      if (started.kind === 'started') await consumeOneTimeToken(deps, 'restore-account', token)
      return started
    }
    if (!(await consumeOneTimeToken(deps, 'restore-account', token))) return undefined
    if (passkeyId !== undefined && !(await usePasskey(deps, passkeyId))) return undefined
    if (!(await cancelDeletion(deps, user, user.id, client))) return undefined
    return { ...found, kind: 'kept' as const }
  }
  return inTransaction(deps, restore, { locks: accountLocks(owner?.id, pendingOwner) })
}
