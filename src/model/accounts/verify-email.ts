import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock, accountLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { sha256 } from '@/lib/encoding'
import type { FirstFactor, SecondFactor } from '@/model/factors/assurance'
import { countUsed } from '@/model/mails/mail-counts'
import { requestMail } from '@/model/mails/request-mail'
import {
  consumeOneTimeToken,
  findOneTimeToken,
  findTokenOwner,
  revokeOneTimeTokensOf,
  type TokenProof,
} from '@/model/one-time-tokens/one-time-tokens'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, User } from '@/model/types'
import { findUser } from '@/model/users/users'
import { cancelPendingChange } from './pending-changes'

export type EmailState = Pick<Schema['users'], 'email_verified_at' | 'email_rejected_at' | 'email_declined_at'>

/** The state of the address of an account. */
export const findEmailState = ({ db }: Deps, { id }: Pick<User, 'id'>): Promise<EmailState> =>
  db
    .selectFrom('users')
    .select(['email_verified_at', 'email_rejected_at', 'email_declined_at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

/** Whether the site asks the user to confirm the address. `loginNeedsVerification` says whether a login waits for it. */
export const shouldConfirmEmail = ({ config }: Pick<Deps, 'config'>, { email_verified_at }: User) =>
  config.emailVerification !== 'off' && email_verified_at === null

/** How the user proved the account at a login whose address must be confirmed. */
export type LoginProof = { firstFactor: FirstFactor; secondFactor?: SecondFactor | 'passkey'; passkeyId?: string }

/** A change of the factors ends the proof. */
export type StoredProof = LoginProof & { factorsVersion: number }

/** The code of the mail works only in the browser with this flow. With `proof`, it also completes the login. */
export const requestVerification = (deps: Deps, user: User, client: Client, flow: string, proof?: LoginProof) =>
  requestMail(deps, 'verify-email', user.email, client, {
    user,
    flowHash: sha256(flow),
    login: proof && JSON.stringify({ ...proof, factorsVersion: user.factors_version } satisfies StoredProof),
  })

/** Returns false if the address was confirmed before. Belongs in a transaction, or is one. */
export function markVerified(deps: Deps, { id }: Pick<User, 'id'>, by: Actor, client?: Client) {
  const mark = async (deps: Deps) => {
    const verified = await deps.db
      .updateTable('users')
      .set({ email_verified_at: deps.now(), email_declined_at: null })
      .where('id', '=', id)
      .where('email_verified_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!verified) return false
    await revokeOneTimeTokensOf(deps, { id }, ['verify-email'])
    await recordEvent(deps, { kind: 'email-verified', userId: id, by }, client)
    return true
  }
  return inTransaction(deps, mark, { locks: [accountLock(id)] })
}

/**
 * For a user who proved the account, by a session or its password. `proof` is the token of the link, or the id of the token
 * whose code was entered. Returns false if it is invalid or of another user.
 */
export async function confirmEmail(deps: Deps, user: Pick<User, 'id'>, proof: TokenProof | undefined, client: Client) {
  const owner = await findTokenOwner(deps, 'verify-email', proof)
  const confirm = async (deps: Deps) => {
    const consumed = await consumeOneTimeToken(deps, 'verify-email', proof)
    if (consumed?.user_id !== user.id) return false
    await countUsed(deps, 'verify-email')
    await markVerified(deps, user, user.id, client)
    return true
  }
  return inTransaction(deps, confirm, { locks: accountLocks(user.id, owner?.id) })
}

/** A link that confirms an address of an account that exists. */
export type AddressLink = {
  purpose: 'verify-email' | 'change-email'
  user: User
  /** The address that the mail was sent to. */
  email: string
  flow_hash: string | null
}

/** For the page of the link: changes nothing. */
export async function findAddressLink(deps: Deps, token: string | undefined): Promise<AddressLink | undefined> {
  for (const purpose of ['verify-email', 'change-email'] as const) {
    const found = await findOneTimeToken(deps, purpose, token)
    const user = found?.user_id ? await findUser(deps, found.user_id) : undefined
    if (found && user) return { purpose, user, email: found.canonical_email, flow_hash: found.flow_hash }
  }
  return undefined
}

/**
 * The owner of the mailbox says that the account is not theirs. Nothing is deleted: a mistyped address must not let
 * another person destroy an account. Returns false if the link is invalid.
 */
export function declineAddress(deps: Deps, { purpose, user }: AddressLink, token: string | undefined) {
  const decline = async (deps: Deps) => {
    if (!(await consumeOneTimeToken(deps, purpose, token))) return false
    if (purpose === 'change-email') {
      await cancelPendingChange(deps, user)
      return true
    }
    await deps.db
      .updateTable('users')
      .set({ email_declined_at: deps.now() })
      .where('id', '=', user.id)
      .where('email_verified_at', 'is', null)
      .execute()
    await revokeOneTimeTokensOf(deps, user, ['verify-email'])
    return true
  }
  return inTransaction(deps, decline, { locks: [accountLock(user.id)] })
}
