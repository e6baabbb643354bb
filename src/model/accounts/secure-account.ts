import type { Selectable } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock, emailLock } from '@/deps/locks'
import { inTransaction, requireLock } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import { cancelAttempt, clearFailures, clearFailuresOf, startAttempt } from '@/model/limits/login-attempts'
import { forgetKnownDevicesOf } from '@/model/limits/known-devices'
import { countUsed } from '@/model/mails/mail-counts'
import { notifyUser } from '@/model/mails/request-mail'
import {
  consumeOneTimeToken,
  countTokenAttempt,
  findOneTimeToken,
  issueOneTimeToken,
  refundTokenAttempt,
  revokeAllOneTimeTokensOf,
  type ReportedEvent,
} from '@/model/one-time-tokens/one-time-tokens'
import { verifyHash } from '@/model/passwords/hash'
import { listPreviousHashes } from '@/model/passwords/previous-hashes'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'
import { userColumns } from '@/model/users/columns'
import { findUndoableChange, undoChangesSince } from '@/model/users/email-changes'
import { recordFailure } from './authenticate'
import { cancelFactorReset } from './factors/cancel-factor-reset'
import { cancelPendingChange } from './pending-changes'
import { cancelDeletion } from './request-deletion'
import { revokeAccess } from './revoke-access'

const MAX_ATTEMPTS = 5
type Row = Pick<
  Selectable<Schema['users']>,
  'canonical_email' | 'deactivated_at' | 'secured_at' | 'deletion_at' | 'deletion_requested_at'
>

/** The effect of the link now. */
export type Securing = {
  user: User & Row
  event?: ReportedEvent
  /** The address was changed since the mail. Securing the account restores it, and requires an earlier password. */
  change?: { id: string; old_email: string; old_canonical_email: string; changed_at: number }
}

type Open = { kind: 'open' } & Securing

export type SecureResult =
  /** Without a token, the mail to the address has the link to choose a new password. */
  | { kind: 'secured'; resetToken?: string }
  /** The account is deactivated, and stays so. */
  | { kind: 'ended' }
  | { kind: 'invalid' }
  /** `attemptsLeft` is undefined if no password was typed. */
  | ({ kind: 'wrong'; attemptsLeft?: number } & Securing)
  | ({ kind: 'limited'; limited: RateLimited } & Securing)

/** For the page of the link: changes nothing. */
export async function findSecuring(deps: Deps, token?: string): Promise<Open | { kind: 'invalid' }> {
  const found = await findOneTimeToken(deps, 'secure-account', token)
  const securing = found && found.attempt_count < MAX_ATTEMPTS ? await describe(deps, found) : undefined
  return securing ? { kind: 'open', ...securing } : { kind: 'invalid' }
}

type Token = Pick<Schema['one_time_tokens'], 'user_id' | 'canonical_email' | 'event'>

async function describe(deps: Deps, { user_id, canonical_email, event }: Token): Promise<Securing | undefined> {
  const user = await deps.db
    .selectFrom('users')
    .select(userColumns)
    .select(['canonical_email', 'deactivated_at', 'secured_at', 'deletion_at', 'deletion_requested_at'])
    .where('id', '=', user_id ?? '')
    .executeTakeFirst()
  if (!user || (user.deletion_at !== null && user.deletion_at <= deps.now())) return undefined
  const reported: ReportedEvent | undefined = event === null ? undefined : JSON.parse(event)
  const securing = { user, event: reported }
  if (user.canonical_email === canonical_email) return securing
  const change = await findUndoableChange(deps, user, canonical_email)
  return change && { ...securing, change }
}

/**
 * Ends all access to the account and disables its password until a reset. The old mailbox alone cannot restore a changed
 * address: a broken mailbox is a common reason to change it.
 */
export async function secureAccount(
  deps: Deps,
  token: string | undefined,
  password: string,
  client: Client,
): Promise<SecureResult> {
  const found = await findSecuring(deps, token)
  if (token === undefined || found.kind === 'invalid') return { kind: 'invalid' }
  const refused = found.change && (await checkEarlierPassword(deps, token, found, password, client))
  if (refused) return refused
  const addresses = [found.user.canonical_email, found.change?.old_canonical_email ?? []].flat()
  return inTransaction(deps, (deps) => secure(deps, token, found.change?.id, client), {
    locks: [...addresses.map(emailLock), accountLock(found.user.id)],
  })
}

/** Undefined if the password is right. */
async function checkEarlierPassword(
  deps: Deps,
  token: string,
  found: Open,
  password: string,
  client: Client,
): Promise<Exclude<SecureResult, { kind: 'secured' }> | undefined> {
  const { user } = found
  if (password === '') return { ...found, kind: 'wrong' }
  const canonical = canonicalEmail(user.email) ?? ''
  const started = await startAttempt(deps, canonical, client)
  // An attacker who has the account can keep it locked. The link has its own limit, so it works then, too.
  if (started.kind === 'rate-limited' && (started.by === 'source' || started.by === 'network'))
    return { ...found, kind: 'limited', limited: started }
  const attempt = started.kind === 'attempt' ? started : undefined
  const cancel = async () => void (attempt && (await cancelAttempt(deps, attempt)))
  const count = await countTokenAttempt(deps, 'secure-account', token, MAX_ATTEMPTS)
  if (count === undefined) {
    await cancel()
    return { kind: 'invalid' }
  }
  const isRight = await matchesEarlier(deps, user, password, client).catch(async (error: unknown) => {
    await cancel()
    await refundTokenAttempt(deps, 'secure-account', token)
    throw error
  })
  if (isRight) {
    const locks = [emailLock(canonical)]
    if (attempt) await inTransaction(deps, (deps) => clearFailures(deps, attempt), { locks, durable: false })
    return undefined
  }
  await recordFailure(deps, canonical, client, attempt, user)
  return count < MAX_ATTEMPTS ? { ...found, kind: 'wrong', attemptsLeft: MAX_ATTEMPTS - count } : { kind: 'invalid' }
}

/** Also the current one: the attacker may have changed only the address. */
async function matchesEarlier(deps: Deps, { id }: Pick<User, 'id'>, password: string, { source }: Client) {
  const { password_hash } = await deps.db
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const hashes = [...(await listPreviousHashes(deps, { id })), password_hash] // at most six, of 44 ms each
  for (const hash of hashes) if (await verifyHash(deps, password, { userId: id, hash }, source)) return true
  return false
}

/** `provedChange` is the change that the password was typed for. Nothing happens if another one is to be undone by now. */
async function secure(
  deps: Deps,
  token: string,
  provedChange: string | undefined,
  client: Client,
): Promise<SecureResult> {
  const found = await findOneTimeToken(deps, 'secure-account', token)
  const securing = found && (await describe(deps, found))
  if (!securing || securing.change?.id !== provedChange) return { kind: 'invalid' }
  const consumed = await consumeOneTimeToken(deps, 'secure-account', token)
  if (!consumed) return { kind: 'invalid' }
  await countUsed(deps, 'secure-account')
  const { change } = securing
  const user = change ? { ...securing.user, email: change.old_email } : securing.user
  await disablePassword(deps, user, change)
  // Wrong passwords for the other address were no attempts at the address that is back.
  if (change)
    for (const email of [user.canonical_email, consumed.canonical_email]) await clearFailuresOf(deps, user, email)
  await endAccess(deps, user)
  await cancelPendingChange(deps, user)
  await cancelFactorReset(deps, user, user.id, client)
  if (await undoChangesSince(deps, user, consumed.canonical_email))
    await recordEvent(deps, { kind: 'email-change-undone', userId: user.id }, client)
  await recordEvent(deps, { kind: 'account-secured', userId: user.id }, client)
  await cancelLaterDeletion(deps, securing, consumed.created_at, client)
  if (user.deactivated_at !== null) return { kind: 'ended' }
  // The page of the new password compares it with the second factors.
  const { event } = securing
  await notifyUser(deps, user, 'account-secured', { client, since: event?.at })
  // An attacker who read the mailbox for an hour may have copied the link: after a change of the password, the mailbox counts.
  const isOlderThanPassword = change === undefined && user.password_changed_at > consumed.created_at
  if (isOlderThanPassword) return { kind: 'secured' }
  return { kind: 'secured', resetToken: await issueOneTimeToken(deps, 'reset-password', user, { event }) }
}

/** The mailbox of the link is proved. So are its address, if that is restored, and the end of what its owner declined. */
async function disablePassword(deps: Deps, { id }: Pick<User, 'id'>, change: Securing['change']) {
  const { db, now } = deps
  if (change) requireLock(deps, emailLock(change.old_canonical_email))
  await db
    .updateTable('users')
    .set({
      secured_at: now(),
      ...(change && {
        email: change.old_email,
        canonical_email: change.old_canonical_email,
        email_verified_at: now(),
        email_rejected_at: null,
        email_declined_at: null,
      }),
    })
    .where('id', '=', id)
    .execute()
}

async function endAccess(deps: Deps, user: Pick<User, 'id'>) {
  await revokeAccess(deps, user, 'secured')
  await forgetKnownDevicesOf(deps, user)
  await revokeAllOneTimeTokensOf(deps, user)
}

/** A deletion that an attacker requested. A mail about a deletion has its own time, which can be a little later. */
async function cancelLaterDeletion(deps: Deps, { user, event }: Securing, sentAt: number, client: Client) {
  if (user.deletion_requested_at === null) return
  const isReported = event?.kind === 'deletion-requested' || event?.kind === 'deletion-reminder'
  if (isReported || user.deletion_requested_at >= (event?.at ?? sentAt))
    await cancelDeletion(deps, user, user.id, client)
}
