import type { Deps } from '@/deps/deps'
import { accountLock, emailLock } from '@/deps/locks'
import { inTransaction, requireLock } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { base64url } from '@/lib/encoding'
import type { Role } from '@db/schema'
import { canonicalEmail, parseEmail } from '@/lib/email-address'
import { deleteFailedLogins } from '@/model/security-events/failed-logins'
import { clearFailuresOf } from '@/model/limits/login-attempts'
import { searchName, canonicalName } from './name'
import { findReservation } from './reserved-emails'
import { hashPassword } from '@/model/passwords/hash'
import { recordEvent } from '@/model/security-events/security-events'
import { userColumns } from './columns'
import type { Client, User } from '@/model/types'

type NewUser = { email: string; name: string }

type CreateOptions = {
  by?: Actor
  client?: Client
  id?: string
  /** The user has proved the address. */
  isVerified?: boolean
}

/** Returns undefined if the email address is taken. `role` is separate, so that form fields cannot set it. */
export async function createUser(
  deps: Deps,
  { password, ...user }: NewUser & { password: string },
  role?: Role,
  options: CreateOptions = {},
) {
  if (parseEmail(user.email).kind === 'invalid') throw new RangeError('createUser: invalid email')
  const password_hash = await hashPassword(deps, password, options.client?.source)
  const { id = base64url(deps.random(16)), ...rest } = options
  return inTransaction(deps, (deps) => insertUser(deps, { ...user, password_hash }, role, { id, ...rest }), {
    locks: newUserLocks({ id, email: user.email }),
  })
}

/** What `insertUser` needs. */
export const newUserLocks = ({ id, email }: { id: string; email: string }) => [
  emailLock(canonicalEmail(email) ?? ''), // the address may be reserved, and has failed logins
  accountLock(id),
]

/** As `createUser`, with a hash. Belongs in a transaction with `newUserLocks`. */
export async function insertUser(
  deps: Deps,
  { email, name, password_hash }: NewUser & { password_hash: string | null },
  role: Role = 'user',
  { by, client, id = base64url(deps.random(16)), isVerified = false }: CreateOptions = {},
) {
  const parsed = parseEmail(email)
  if (parsed.kind === 'invalid') throw new RangeError('insertUser: invalid email')
  requireLock(deps, emailLock(parsed.canonical))
  if (await findReservation(deps, parsed.canonical)) return undefined
  const at = deps.now()
  const created = await deps.db
    .insertInto('users')
    .values({
      id,
      email: parsed.email,
      canonical_email: parsed.canonical,
      name: canonicalName(name),
      search_name: searchName(name),
      role,
      password_hash,
      password_changed_at: at,
      password_version: 1,
      email_verified_at: isVerified ? at : null,
      created_at: at,
    })
    .onConflict((taken) => taken.column('canonical_email').doNothing())
    .returning(userColumns)
    .executeTakeFirst()
  if (!created) return undefined
  await clearFailuresOf(deps, created, parsed.canonical)
  await deleteFailedLogins(deps, parsed.canonical)
  await recordEvent(deps, { kind: 'signed-up', userId: created.id, role, by: by ?? created.id }, client)
  return created
}

/**
 * Compares with the row that was read before the password was verified: an old password or factor must not start a session. Belongs
 * in a transaction with the account lock: another transaction could change the user before the session is visible to it.
 */
export async function staleReason(deps: Deps, user: User) {
  requireLock(deps, accountLock(user.id))
  const current = await deps.db
    .selectFrom('users')
    .select(['deactivated_at', 'secured_at', 'deletion_at', 'password_version', 'factors_version'])
    .where('id', '=', user.id)
    .executeTakeFirst()
  if (current?.password_version !== user.password_version) return 'user-changed'
  // Two-step verification was turned on meanwhile, or this browser is not trusted any more.
  if (current.factors_version !== user.factors_version) return 'user-changed'
  if (current.deletion_at !== null) return 'deletion-scheduled' // first: no login may be forced then
  if (current.secured_at !== null) return 'secured' // before `deactivated`, for the same reason
  return current.deactivated_at === null ? undefined : 'deactivated'
}

export const findUser = ({ db }: Deps, id: string): Promise<User | undefined> =>
  db.selectFrom('users').select(userColumns).where('id', '=', id).executeTakeFirst()
