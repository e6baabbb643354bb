import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { forgetKnownDevicesOf } from '@/model/limits/known-devices'
import { countUsed } from '@/model/mails/mail-counts'
import { verifyCode } from '@/model/one-time-tokens/codes'
import {
  consumeOneTimeToken,
  findOneTimeToken,
  findTokenOwner,
  revokeOneTimeTokensOf,
  type TokenProof,
} from '@/model/one-time-tokens/one-time-tokens'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'
import { findUserWithStatus } from '@/model/users/user-list'
import { findUser } from '@/model/users/users'
import { proveMailbox } from './prove-mailbox'
import { revokeAccess } from './revoke-access'

/**
 * The user may log in. During the grace period of a deletion no session may start. `isFirstProof`: the address was not
 * confirmed before, and the account has no password any more.
 */
export type Proved = { kind: 'ok' | 'deletion-scheduled'; user: User; isFirstProof: boolean }

/** `exhausted`: five codes were wrong. */
type CodeLogin = Proved | { kind: 'wrong' } | { kind: 'exhausted' } | RateLimited

/** `flow` is the one of the browser that asked for the mail. */
export async function proveByCode(deps: Deps, flow: string, code: string, client: Client): Promise<CodeLogin> {
  const checked = await verifyCode(deps, 'login-code', flow, code, client)
  if (checked.kind !== 'ok') return checked
  const proved = await prove(deps, { id: checked.id }, client)
  return proved ?? { kind: 'wrong' } // the account changed meanwhile
}

/** Undefined in another browser than that of `flow`, so that a scanner or a forwarded mail gets no session. */
export async function proveByLink(deps: Deps, flow: string, client: Client, token = '') {
  const found = await findLoginLink(deps, flow, token)
  return found?.isOfThisBrowser ? prove(deps, token, client) : undefined
}

/** For the page of the link: undefined if it does not work. */
export async function findLoginLink(deps: Deps, flow: string | undefined, token: string) {
  const found = await findOneTimeToken(deps, 'login-code', token)
  return found && { isOfThisBrowser: flow !== undefined && found.flow_hash === sha256(flow) }
}

async function prove(deps: Deps, token: TokenProof, client: Client) {
  const owner = await findTokenOwner(deps, 'login-code', token)
  return inTransaction(deps, (deps) => useToken(deps, token, client), { locks: owner ? userLocks(owner) : [] })
}

async function useToken(deps: Deps, token: TokenProof, client: Client): Promise<Proved | undefined> {
  const consumed = await consumeOneTimeToken(deps, 'login-code', token)
  const user = consumed?.user_id ? await findUserWithStatus(deps, consumed.user_id) : undefined
  if (!user) return undefined
  await countUsed(deps, 'login-code')
  const isFirstProof = user.email_verified_at === null
  if (isFirstProof) await claimAccount(deps, user, client)
  const proved = await findUser(deps, user.id)
  return proved && { kind: user.deletion_at === null ? 'ok' : 'deletion-scheduled', user: proved, isFirstProof }
}

/**
 * The code is the first proof of the address, so another person may have signed up with it. As after a reset, no access of
 * theirs remains. The password is theirs, too: the user chooses another one by a reset.
 */
async function claimAccount(deps: Deps, user: User, client: Client) {
  await deps.db
    .updateTable('users')
    .set({ password_hash: null, password_version: user.password_version + 1 })
    .where('id', '=', user.id)
    .execute()
  await revokeAccess(deps, user, 'revoked')
  await forgetKnownDevicesOf(deps, user)
  await revokeOneTimeTokensOf(deps, user, ['verify-email', 'change-email', 'reset-password', 'login-code'])
  await proveMailbox(deps, user)
  await recordEvent(deps, { kind: 'email-verified', userId: user.id, by: user.id }, client)
}
