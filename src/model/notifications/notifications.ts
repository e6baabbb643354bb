import type { MailKind } from '@db/schema'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { hours } from '@/lib/duration'
import { idPrefixAt } from '@/lib/sortable-id'
import { clientDetails } from '@/model/mails/client-details'
import type { AdminChange } from '@/model/mails/mail-data'
import { enqueueMail } from '@/model/mails/mails'
import { isMailOn, notifyUser } from '@/model/mails/request-mail'
import type { Client } from '@/model/types'

type Place = Partial<Pick<Client, 'userAgent' | 'ip'>>
type Notice = { kind: MailKind; change?: AdminChange }

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
      return undefined
  }
}

const byAdmin = (change: AdminChange): Notice => ({ kind: 'changed-by-admin', change })

/** Writes the mail that reports the event. Belongs in the transaction of the event. */
export async function enqueueNotification(deps: Deps, event: AuthEvent & { userId: string }, place: Place) {
  const notice = isMailOn(deps) ? noticeOf(event) : undefined
  if (!notice) return // most events: they must cost no query
  const user = await findRecipient(deps, event.userId)
  if (!user || (notice.kind === 'new-device' && (await isUnwantedLogin(deps, user)))) return
  await notifyUser(deps, user, notice.kind, { client: place, change: notice.change })
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
  const logins = db
    .selectFrom('security_events')
    .select('id')
    .where('user_id', '=', id)
    .where('kind', '=', 'logged-in')
    .where('id', '>=', idPrefixAt(recovered_at + 1))
    .limit(2)
  return (await logins.execute()).length < 2 // the event of this login is stored
}

const RESET_LOGIN_WINDOW = hours(1)

/** For the address of a form: the statements are the same without an account. The mail job finds the account. */
export async function enqueueLockNotice(deps: Deps, canonicalEmail: string, client: Place) {
  if (!isMailOn(deps)) return
  await enqueueMail(deps, { kind: 'account-locked', recipient: canonicalEmail, details: clientDetails(client) })
}
