import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock, emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { canonicalEmail, parseEmail } from '@/lib/email-address'
import { sha256 } from '@/lib/encoding'
import { confirm, consume, refund } from '@/model/limits/rate-limits'
import { clientDetails } from '@/model/mails/client-details'
import { consumeMailRecipient, consumeMailRequest } from '@/model/mails/mail-limits'
import { enqueueMail } from '@/model/mails/mails'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, Session, User } from '@/model/types'
import { insertChange, updateSpelling, type Address } from './change-email'
import { cancelPendingChange } from './pending-changes'
import { findRecoveryHold, type RecoveryHold } from '@/model/users/recovery-hold'

type RequestContext = {
  session: Pick<Session, 'id'>
  client: Client
  /** The code of the mail works in the browser with this cookie. */
  flow: string
}

type EmailChangeRequest =
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
  const request = async (deps: Deps): Promise<EmailChangeRequest> => {
    await confirm(deps, hit.id)
    const current = await findUnchanged(deps, user, context.session)
    return current ? storeRequest(deps, { ...user, ...current }, parsed, context) : { kind: 'session-ended' }
  }
  return inTransaction(deps, request, { locks: [emailLock(parsed.canonical), accountLock(user.id)] })
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

function changeSpelling(deps: Deps, user: User, email: string, { session, client }: RequestContext) {
  const change = async (deps: Deps): Promise<EmailChangeRequest> => {
    if (!(await findUnchanged(deps, user, session))) return { kind: 'session-ended' }
    const changed = await updateSpelling(deps, user, email)
    if (!changed) return { kind: 'session-ended' }
    await recordEvent(deps, { kind: 'email-changed', userId: user.id, by: user.id }, client)
    return { kind: 'changed' }
  }
  return inTransaction(deps, change, { locks: [accountLock(user.id)] })
}

async function storeRequest(
  deps: Deps,
  user: User & { canonical_email: string },
  to: Address,
  { client, flow }: RequestContext,
): Promise<EmailChangeRequest> {
  await cancelPendingChange(deps, user)
  const id = await insertChange(deps, user, to)
  await enqueueConfirmation(deps, user, { id, new_email: to.email }, { client, flow })
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

type NewAddress = Pick<Schema['email_changes'], 'id' | 'new_email'>

/** Too many mails to the new address: no mail, and the same response. */
async function enqueueConfirmation(
  deps: Deps,
  user: User,
  change: NewAddress,
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
  change: NewAddress,
  context: Pick<RequestContext, 'client' | 'flow'>,
) {
  const limited = await consumeMailRequest(deps, context.client.source ?? '')
  if (limited) return limited
  const locks = [emailLock(canonicalEmail(change.new_email) ?? '')]
  await inTransaction(deps, (deps) => enqueueConfirmation(deps, user, change, context), { locks })
  return undefined
}
