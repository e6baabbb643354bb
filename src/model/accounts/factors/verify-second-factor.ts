import type { Deps } from '@/deps/deps'
import type { SecondStepPlace } from '@/deps/events'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { looksLikeRecoveryCode } from '@/lib/recovery-code-format'
import { consumeAppCode, matchAppCode } from '@/model/authenticator-apps/authenticator-apps'
import { startCodeAttempt, type CodesLocked } from '@/model/limits/code-attempts'
import { cancelAttempt, clearFailures, type LoginAttempt } from '@/model/limits/login-attempts'
import { confirm } from '@/model/limits/rate-limits'
import { consumeRecoveryCode, hashRecoveryCode, hasRecoveryCode } from '@/model/recovery-codes/recovery-codes'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'

export type SecondFactorProof = { code: string } | { recovery_code: string }

/** The result of a used code: for a recovery code, how many are left. */
export type UsedFactor = { left?: number }

type Method = 'totp' | 'recovery-code'

export type SecondFactorCheck =
  | {
      kind: 'ok'
      method: Method
      /**
       * Uses the code up and refunds the attempt. Undefined if another request was first. Belongs in the transaction of
       * what the code allows.
       */
      use(deps: Deps): Promise<UsedFactor | undefined>
    }
  /** Wrong, used and expired alike. */
  | { kind: 'wrong' }
  /** It was entered in the field for the code of an app. */
  | { kind: 'looks-like-recovery-code' }
  | CodesLocked
  | RateLimited

/** Checks a code of the user. All forms share the limits. Counts the attempt before the check. */
export async function verifySecondFactor(
  deps: Deps,
  user: User,
  proof: SecondFactorProof,
  client: Client,
  place: SecondStepPlace,
): Promise<SecondFactorCheck> {
  if ('code' in proof && looksLikeRecoveryCode(proof.code)) return { kind: 'looks-like-recovery-code' }
  const attempt = await startCodeAttempt(deps, user, client)
  if (attempt.kind !== 'attempt') return attempt
  const method = 'code' in proof ? 'totp' : 'recovery-code'
  const match = await findMatch(deps, user, proof, client).catch(async (error: unknown) => {
    await cancelAttempt(deps, attempt) // a full queue uses nothing up
    throw error
  })
  const fail = (deps: Deps) => recordFailure(deps, user, { method, place }, attempt, client)
  if (!match) {
    await inTransaction(deps, fail, { locks: [accountLock(user.id)], durable: false })
    return { kind: 'wrong' }
  }
  return {
    kind: 'ok',
    method,
    async use(deps) {
      const used = await match(deps)
      if (!used) {
        await fail(deps)
        return undefined
      }
      await clearFailures(deps, attempt)
      return used
    },
  }
}

type Consume = (deps: Deps) => Promise<UsedFactor | undefined>

async function findMatch(
  deps: Deps,
  user: User,
  proof: SecondFactorProof,
  client: Client,
): Promise<Consume | undefined> {
  if ('code' in proof) {
    const match = await matchAppCode(deps, user, proof.code)
    return match && (async (deps) => ((await consumeAppCode(deps, match)) ? {} : undefined))
  }
  const hash = await hashRecoveryCode(deps, user, proof.recovery_code, client.source)
  if (hash === undefined || !(await hasRecoveryCode(deps, user, hash))) return undefined
  return (deps) => useRecoveryCode(deps, user, hash, client)
}

async function useRecoveryCode(deps: Deps, user: User, hash: string, client: Client) {
  const used = await consumeRecoveryCode(deps, user, hash)
  if (used) await recordEvent(deps, { kind: 'recovery-code-used', userId: user.id, left: used.left }, client)
  return used
}

/** Belongs in a transaction. */
async function recordFailure(
  deps: Deps,
  { id: userId }: User,
  how: { method: Method; place: SecondStepPlace },
  { count, hitId, locksAccount }: LoginAttempt,
  client: Client,
) {
  await recordEvent(deps, { kind: 'second-step-failed', userId, ...how, count }, client)
  if (hitId !== undefined) await confirm(deps, hitId)
  if (locksAccount) await recordEvent(deps, { kind: 'codes-locked', userId }, client)
}
