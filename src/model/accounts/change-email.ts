import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { days } from '@/lib/duration'
import { canonicalEmail, parseEmail } from '@/lib/email-address'
import { base64url, sha256 } from '@/lib/encoding'
import { clearFailuresOf } from '@/model/limits/login-attempts'
import { confirm, consume, refund } from '@/model/limits/rate-limits'
import { clientDetails } from '@/model/mails/client-details'
import { countUsed } from '@/model/mails/mail-counts'
import { consumeMailRecipient, consumeMailRequest, isNotificationLimited } from '@/model/mails/mail-limits'
import { enqueueMail } from '@/model/mails/mails'
import { isMailOn } from '@/model/mails/request-mail'
import { consumeOneTimeToken, revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import { deleteFailedLogins } from '@/model/security-events/failed-logins'
import { recordEvent } from '@/model/security-events/security-events'
import { endSessionsOf } from '@/model/sessions/end'
import { rotateToken } from '@/model/sessions/rotate'
import type { Client, RateLimited, Session, User } from '@/model/types'
import { userColumns } from '@/model/users/columns'
import { findReservation } from '@/model/users/reserved-emails'
import { findRecoveryHold, type RecoveryHold } from './recovery-hold'

/** As long as the link in its mail works. */
const PENDING_FOR = days(1)
/** An owner who reads mail once a week must have the chance to undo the change of an attacker. */
const UNDO_WINDOW = days(7)

type Changes = ExpressionBuilder<Schema, 'email_changes'>
type Change = Schema['email_changes']

const isOpen = ({ eb, and }: Changes) => and([eb('changed_at', 'is', null), eb('cancelled_at', 'is', null)])

/** The change that the user has requested and not confirmed yet. The new address gives no access. */
export const findPendingChange = (
  { db, now }: Deps,
  { id }: Pick<User, 'id'>,
): Promise<Pick<Change, 'id' | 'new_email' | 'requested_at'> | undefined> =>
  db
    .selectFrom('email_changes')
    .select(['id', 'new_email', 'requested_at'])
    .where('user_id', '=', id)
    .where(isOpen)
    .where('requested_at', '>', now() - PENDING_FOR)
    .executeTakeFirst()

/** Also ends the links and codes of the change. Returns false if none was pending. Belongs in a transaction. */
export async function cancelPendingChange(deps: Deps, { id }: Pick<User, 'id'>) {
  const cancelled = await deps.db
    .updateTable('email_changes')
    .set({ cancelled_at: deps.now() })
    .where('user_id', '=', id)
    .where(isOpen)
    .returning('id')
    .execute()
  await revokeOneTimeTokensOf(deps, { id }, ['change-email'])
  return cancelled.length > 0
}

/** For the user, who may do this without a fresh login: the address stays the same. */
export const cancelEmailChange = (deps: Deps, user: Pick<User, 'id'>) =>
  inTransaction(deps, (deps) => cancelPendingChange(deps, user))

/** In an open transaction: whether another account has the address, or may still take it back. */
export async function isAddressTaken(deps: Deps, canonical: string, { id }: Pick<User, 'id'>) {
  const owner = deps.db.selectFrom('users').select('id').where('canonical_email', '=', canonical).where('id', '!=', id)
  if (await owner.executeTakeFirst()) return true
  const reservation = await findReservation(deps, canonical)
  return reservation !== undefined && reservation.user_id !== id
}

type RequestContext = {
  session: Pick<Session, 'id'>
  client: Client
  /** Of the browser in which the code of the mail works. */
  flow: string
}

export type EmailChangeRequest =
  | { kind: 'requested' }
  /** Only the spelling differed, so no mailbox had to be proved. */
  | { kind: 'changed' }
  | { kind: 'invalid'; error: string }
  | { kind: 'held'; hold: RecoveryHold }
  /** The session ended, or the account changed, since the guard ran. */
  | { kind: 'session-ended' }
  | RateLimited

/**
 * Never looks up whether another account has the new address: the mail job does that later, so no answer reveals it. The
 * old address works until the new one is confirmed.
 */
export async function requestEmailChange(
  deps: Deps,
  user: User,
  typed: string,
  context: RequestContext,
): Promise<EmailChangeRequest> {
  const hold = await findRecoveryHold(deps, user)
  if (hold) return { kind: 'held', hold }
  const parsed = parseEmail(typed)
  if (parsed.kind === 'invalid') return parsed
  if (parsed.email === user.email) return { kind: 'invalid', error: 'This is already your email address.' }
  if (parsed.canonical === canonicalEmail(user.email)) return changeSpelling(deps, user, parsed.email, context)
  const hit = await consume(deps, 'email-change', user.id)
  if (hit.kind === 'rate-limited') return hit
  const limited = await consumeMailRequest(deps, context.client.source ?? '')
  if (limited) {
    await refund(deps, hit.id)
    return limited
  }
  return inTransaction(deps, async (deps) => {
    await confirm(deps, hit.id)
    const current = await findUnchanged(deps, user, context.session)
    return current ? storeRequest(deps, { ...user, ...current }, parsed, context) : { kind: 'session-ended' }
  })
}

/** A logout, a password change or a deactivation may have come between the guard and this transaction. */
const findUnchanged = ({ db }: Deps, user: User, session: Pick<Session, 'id'>) =>
  db
    .selectFrom('users')
    .select(['email', 'canonical_email'])
    .where('id', '=', user.id)
    .where('password_version', '=', user.password_version)
    .where('deactivated_at', 'is', null)
    .where('deletion_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('sessions')
          .select('sessions.id')
          .where('sessions.id', '=', session.id)
          .where('ended_at', 'is', null),
      ),
    )
    .executeTakeFirst()

const changeSpelling = (deps: Deps, user: User, email: string, { session, client }: RequestContext) =>
  inTransaction(deps, async (deps): Promise<EmailChangeRequest> => {
    if (!(await findUnchanged(deps, user, session))) return { kind: 'session-ended' }
    const changed = await updateSpelling(deps, user, email)
    if (!changed) return { kind: 'session-ended' }
    await recordEvent(deps, { kind: 'email-changed', userId: user.id, by: user.id }, client)
    return { kind: 'changed' }
  })

const updateSpelling = ({ db }: Deps, { id }: Pick<User, 'id'>, email: string) =>
  db
    .updateTable('users')
    .set({ email })
    .where('id', '=', id)
    .where('canonical_email', '=', canonicalEmail(email) ?? '')
    .returning('id')
    .executeTakeFirst()

type Address = { email: string; canonical: string }

async function storeRequest(
  deps: Deps,
  user: User & { canonical_email: string },
  to: Address,
  { client, flow }: RequestContext,
): Promise<EmailChangeRequest> {
  await cancelPendingChange(deps, user)
  const id = await insertChange(deps, user, to, {})
  await enqueueConfirmation(deps, user, { id, new_email: to.email }, { client, flow })
  if (!(await isNotificationLimited(deps, user, 'email-change-requested')))
    await enqueueMail(deps, {
      kind: 'email-change-requested',
      recipient: user.canonical_email,
      user,
      emailChangeId: id,
      details: clientDetails(client),
    })
  await recordEvent(deps, { kind: 'email-change-requested', userId: user.id }, client)
  return { kind: 'requested' }
}

async function insertChange(
  { db, now, random }: Deps,
  user: Pick<User, 'id' | 'email'> & { canonical_email: string },
  to: Address,
  times: Partial<Pick<Change, 'changed_at' | 'undo_expires_at'>>,
) {
  const id = base64url(random(16))
  const change = {
    id,
    user_id: user.id,
    new_email: to.email,
    new_canonical_email: to.canonical,
    old_email: user.email,
    old_canonical_email: user.canonical_email,
    requested_at: now(),
    ...times,
  }
  await db.insertInto('email_changes').values(change).execute()
  return id
}

/** Too many mails to the new address: no mail, and the same response. */
async function enqueueConfirmation(
  deps: Deps,
  user: User,
  change: Pick<Change, 'id' | 'new_email'>,
  { client, flow }: Pick<RequestContext, 'client' | 'flow'>,
) {
  const recipient = canonicalEmail(change.new_email) ?? ''
  if (!(await consumeMailRecipient(deps, recipient))) return
  await enqueueMail(deps, {
    kind: 'confirm-new-email',
    recipient,
    user,
    emailChangeId: change.id,
    flowHash: sha256(flow),
    details: clientDetails(client),
  })
}

/** Sends the mail of a pending change again. */
export async function resendConfirmation(
  deps: Deps,
  user: User,
  change: Pick<Change, 'id' | 'new_email'>,
  context: Pick<RequestContext, 'client' | 'flow'>,
) {
  const limited = await consumeMailRequest(deps, context.client.source ?? '')
  if (limited) return limited
  await inTransaction(deps, (deps) => enqueueConfirmation(deps, user, change, context))
  return undefined
}

export type ConfirmedChange =
  /** `sessionToken` replaces the token of the session that was passed. */
  | { kind: 'changed'; user: User; sessionToken?: string }
  /** Another account has the address by now. The change is cancelled. */
  | { kind: 'unavailable' }
  /** The link or the code has been used, or the change has been cancelled. Or the session has ended. */
  | { kind: 'invalid' }

/**
 * For a user who proved the account, by `session` or by its password. `proof` is the token of the link, or the id of the token
 * whose code was entered. All other sessions end: an attacker may have one.
 */
export const confirmEmailChange = (
  deps: Deps,
  user: Pick<User, 'id'>,
  proof: string | { id: string } | undefined,
  { session, client }: { session?: Session; client: Client },
): Promise<ConfirmedChange> =>
  inTransaction(deps, async (deps): Promise<ConfirmedChange> => {
    if (session && !(await isCurrent(deps, session))) return { kind: 'invalid' }
    const consumed = await consumeOneTimeToken(deps, 'change-email', proof)
    const change = await findChange(deps, consumed?.email_change_id ?? '')
    if (change?.user_id !== user.id) return { kind: 'invalid' }
    await countUsed(deps, 'change-email')
    if (await isAddressTaken(deps, change.new_canonical_email, user)) {
      await cancelPendingChange(deps, user)
      return { kind: 'unavailable' }
    }
    const isDeclined = await hasDeclinedOwner(deps, user)
    const changed = await replaceAddress(deps, change, deps.now())
    if (!changed) return { kind: 'invalid' }
    const at = deps.now()
    await deps.db
      .updateTable('email_changes')
      .set({ changed_at: at, undo_expires_at: at + UNDO_WINDOW })
      .where('id', '=', change.id)
      .execute()
    await endSessionsOf(deps, user, 'revoked', session, session?.series_id)
    const rotated = session && (await rotateToken(deps, session))
    await reportChange(deps, changed, change, client, isDeclined)
    await recordEvent(deps, { kind: 'email-changed', userId: user.id, by: user.id }, client)
    return { kind: 'changed', user: changed, sessionToken: rotated?.token }
  })

/** Whether `rotateToken` will succeed: nothing may be used up for a session that has ended or was rotated. */
const isCurrent = async ({ db }: Deps, { id, token_hash }: Session) => {
  const session = db.selectFrom('sessions').select('id').where('id', '=', id).where('token_hash', '=', token_hash)
  return (await session.where('ended_at', 'is', null).executeTakeFirst()) !== undefined
}

const findChange = ({ db }: Deps, id: string) =>
  db.selectFrom('email_changes').selectAll().where('id', '=', id).executeTakeFirst()

type Replacement = Pick<Change, 'user_id' | 'new_email' | 'new_canonical_email' | 'old_canonical_email'>

/**
 * The unique index is the last defense: SQLite's single writer keeps the address free since `isAddressTaken`. PostgreSQL
 * must lock, or report a violation as a taken address.
 */
async function replaceAddress(deps: Deps, change: Replacement, email_verified_at: number | null) {
  const changed = await deps.db
    .updateTable('users')
    .set({
      email: change.new_email,
      canonical_email: change.new_canonical_email,
      email_verified_at,
      email_rejected_at: null,
      email_declined_at: null,
    })
    .where('id', '=', change.user_id)
    .where('canonical_email', '=', change.old_canonical_email)
    .returning(userColumns)
    .executeTakeFirst()
  if (!changed) return undefined
  // Wrong passwords for the new address were no attempts at this account, and the old one may belong to another account soon.
  for (const canonical of [change.old_canonical_email, change.new_canonical_email])
    await clearFailuresOf(deps, changed, canonical)
  await deleteFailedLogins(deps, change.new_canonical_email)
  // Their bindings hold the address. But the user may change back to it while they last.
  await revokeOneTimeTokensOf(deps, changed, ['reset-password', 'verify-email', 'change-email', 'login-code'])
  return changed
}

/** Whether the owner of the mailbox has nothing to do with the account, and wants no mail about it. */
const hasDeclinedOwner = async ({ db }: Deps, { id }: Pick<User, 'id'>) => {
  const user = db.selectFrom('users').select('id').where('id', '=', id).where('email_declined_at', 'is not', null)
  return (await user.executeTakeFirst()) !== undefined
}

/** The mail to the old address can undo the change. */
async function reportChange(
  deps: Deps,
  user: User,
  { id, old_canonical_email, new_canonical_email }: Change,
  client: Client,
  isDeclined: boolean,
) {
  const details = clientDetails(client)
  const mail = { user, emailChangeId: id, details }
  if (!isMailOn(deps)) return
  if (!isDeclined) await enqueueMail(deps, { kind: 'email-changed-old', recipient: old_canonical_email, ...mail })
  await enqueueMail(deps, { kind: 'email-changed-new', recipient: new_canonical_email, ...mail })
}

export type OperatorChange = { kind: 'changed' } | { kind: 'invalid'; error: string }

/**
 * For an admin or the command line, also during a recovery hold. The new address is not confirmed, and the old one cannot undo
 * the change: it may be the address of an attacker.
 */
export const changeEmailOf = (
  deps: Deps,
  { id }: Pick<User, 'id'>,
  typed: string,
  by: Actor,
): Promise<OperatorChange> =>
  inTransaction(deps, async (deps): Promise<OperatorChange> => {
    const invalid = (error: string) => ({ kind: 'invalid', error }) as const
    const parsed = parseEmail(typed)
    if (parsed.kind === 'invalid') return parsed
    const user = await deps.db
      .selectFrom('users')
      .select(userColumns)
      .select(['canonical_email', 'email_declined_at'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (!user) return invalid('This account no longer exists.')
    if (parsed.email === user.email) return invalid('This is already the email address of the account.')
    if (parsed.canonical === user.canonical_email) await updateSpelling(deps, user, parsed.email)
    else {
      if (await isAddressTaken(deps, parsed.canonical, user)) return invalid('Another account has this address.')
      await cancelPendingChange(deps, user)
      const changeId = await insertChange(deps, user, parsed, { changed_at: deps.now() })
      const change = await findChange(deps, changeId)
      if (!change || !(await replaceAddress(deps, change, null))) return invalid('The address was changed meanwhile.')
      if (isMailOn(deps) && user.email_declined_at === null)
        await enqueueMail(deps, {
          kind: 'email-changed-old',
          recipient: user.canonical_email,
          user,
          emailChangeId: changeId,
        })
    }
    await recordEvent(deps, { kind: 'email-changed', userId: id, by })
    return { kind: 'changed' }
  })
