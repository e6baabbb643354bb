import type { MailKind } from '@db/mail-tables'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { days, hours } from '@/lib/duration'
import { idPrefixAt } from '@/lib/sortable-id'
import { clientDetails } from '@/model/mails/client-details'
import type { AdminChange, MailDetails } from '@/model/mails/mail-data'
import { enqueueMail } from '@/model/mails/mails'
import { isMailOn, notifyUser } from '@/model/mails/request-mail'
import type { Client } from '@/model/types'

type Place = Partial<Pick<Client, 'userAgent' | 'ip'>>
type Notice = { kind: MailKind; details?: Pick<MailDetails, 'change' | 'factor' | 'left' | 'by' | 'password'> }

/** The mail that reports the event. Undefined for an event that no mail reports, or whose own code writes the mail. */
function noticeOf(event: AuthEvent): Notice | undefined {
  switch (event.kind) {
    case 'new-device':
    case 'token-created':
    case 'remember-token-reused':
    case 'data-exported':
    case 'notification-muted':
      return { kind: event.kind }
    case 'password-changed':
      return event.by === event.userId ? { kind: event.kind } : byAdmin({ kind: event.kind })
    case 'role-changed':
      return byAdmin({ kind: event.kind, role: event.to })
    case 'sessions-revoked':
    case 'email-verified':
    case 'email-changed':
      return event.by === event.userId ? undefined : byAdmin({ kind: event.kind })
    case 'user-deactivated':
    case 'user-activated':
      return byAdmin({ kind: event.kind })
    default:
      return factorNoticeOf(event)
  }
}

const byAdmin = (change: AdminChange): Notice => ({ kind: 'changed-by-admin', details: { change } })

/** Also sent to a previous address, because an attacker may have changed it (ASVS 5.0, 6.3.7). */
function factorNoticeOf(event: AuthEvent): Notice | undefined {
  switch (event.kind) {
    case 'factor-added':
    case 'factor-removed':
      return { kind: event.kind, details: { factor: event.factor } }
    case 'recovery-code-used':
      return { kind: event.kind, details: { left: event.left } }
    case 'two-step-enabled':
    case 'two-step-disabled':
    case 'recovery-codes-created':
    case 'codes-locked':
    case 'passkey-flagged':
      return { kind: event.kind }
    case 'second-step-abandoned':
      return { kind: 'password-used' }
    case 'password-set':
      return { kind: 'password-changed', details: { password: 'set' } }
    case 'password-removed':
      return { kind: 'password-changed', details: { password: 'removed' } }
    case 'factors-reset':
      if (event.by === event.userId) return undefined // the first proof of the mailbox, in a flow that has a mail of its own
      return { kind: event.kind, details: { by: event.by === 'delayed' ? 'delayed' : 'administrator' } }
    default:
      return undefined
  }
}

/** Writes the mail that reports the event. Belongs in the transaction of the event. */
export async function enqueueNotification(deps: Deps, event: AuthEvent & { userId: string }, place: Place) {
  const notice = isMailOn(deps) ? noticeOf(event) : undefined
  if (!notice) return // most events: they must cost no query
  const user = await findRecipient(deps, event.userId)
  if (!user || (notice.kind === 'new-device' && (await isUnwantedLogin(deps, user)))) return
  if (notice.kind === 'password-used' && (await wasSentToday(deps, user, notice.kind))) return
  const reported = { ...notice.details, client: place }
  await notifyUser(deps, user, notice.kind, reported)
  const previous = factorNoticeOf(event) && (await findPreviousAddress(deps, user))
  if (previous) await notifyUser(deps, user, notice.kind, { ...reported, previous })
}

/** Where mails about second factors go as well, while a change of the address can be undone: an attacker may have made it. */
export async function findPreviousAddress({ db, now }: Deps, { id }: { id: string }) {
  const change = await db
    .selectFrom('email_changes')
    .select(['id', 'old_canonical_email'])
    .where('user_id', '=', id)
    .where('undo_expires_at', '>', now())
    .where('undone_at', 'is', null)
    .where('changed_at', 'is not', null)
    .orderBy('changed_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return change && { recipient: change.old_canonical_email, emailChangeId: change.id }
}

/** Each login of an attacker who knows the password would send another mail. */
async function wasSentToday({ db, now }: Deps, { id }: { id: string }, kind: MailKind) {
  const mails = db.selectFrom('mails').select('id').where('user_id', '=', id).where('kind', '=', kind)
  return (await mails.where('created_at', '>', now() - days(1)).executeTakeFirst()) !== undefined
}

const findRecipient = ({ db }: Deps, id: string) =>
  db
    .selectFrom('users')
    .select(['id', 'email', 'password_version', 'recovered_at', 'new_device_muted_at'])
    .where('id', '=', id)
    .executeTakeFirst()

type Recipient = NonNullable<Awaited<ReturnType<typeof findRecipient>>>

/** The user turned these mails off, or has just chosen a password by mail and logs in with it. */
async function isUnwantedLogin({ db, now }: Deps, { id, recovered_at, new_device_muted_at }: Recipient) {
  if (new_device_muted_at !== null) return true
  if (recovered_at === null || recovered_at <= now() - RESET_LOGIN_WINDOW) return false
  const events = db.selectFrom('security_events').select('id').where('user_id', '=', id)
  // After a removal of the second factors the password is enough to log in, also without the mailbox.
  const resets = events.where('kind', '=', 'factors-reset').where('id', '>=', idPrefixAt(recovered_at))
  if (await resets.limit(1).executeTakeFirst()) return false
  const logins = events.where('kind', '=', 'logged-in').where('id', '>=', idPrefixAt(recovered_at + 1))
  return (await logins.limit(2).execute()).length < 2 // the event of this login is stored
}

const RESET_LOGIN_WINDOW = hours(1)

/** For the address of a form: the statements are the same without an account. The mail job finds the account. */
export async function enqueueLockNotice(deps: Deps, canonicalEmail: string, client: Place) {
  if (!isMailOn(deps)) return
  await enqueueMail(deps, { kind: 'account-locked', recipient: canonicalEmail, details: clientDetails(client) })
}
