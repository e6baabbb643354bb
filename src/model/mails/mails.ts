import type { MailKind } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { days, hours } from '@/lib/duration'
import { base64url } from '@/lib/encoding'
import type { MailDetails } from './mail-data'

const DEFAULT_LIFETIME = days(5) // RFC 5321, section 4.5.4.1
const LIFETIMES: { [K in MailKind]?: number } = { 'reset-password': hours(1) }

type NewMail = {
  kind: MailKind
  /** A canonical address. */
  recipient: string
  /** Only of a user that a guard or a right password identified: a request looks up no user by address. */
  user?: { id: string; password_version: number }
  details?: MailDetails
}

/** Stores a mail for the mail job. Belongs in the transaction of the change that it reports, so that neither exists alone. */
export async function enqueueMail(deps: Deps, { kind, recipient, user, details = {} }: NewMail) {
  const at = deps.now()
  const id = base64url(deps.random(16))
  const row = {
    id,
    kind,
    user_id: user?.id ?? null,
    recipient,
    details: JSON.stringify({ at, ...details } satisfies MailDetails),
    password_version: user?.password_version ?? null,
    due_at: at,
    lease_expires_at: 0,
    expires_at: at + (LIFETIMES[kind] ?? DEFAULT_LIFETIME),
    attempt_count: 0,
    created_at: at,
  }
  await deps.db.insertInto('mails').values(row).execute()
  return id
}
