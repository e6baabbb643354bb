import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { base64url } from '@/lib/encoding'
import type { Role } from '@db/schema'
import { canonicalEmail, trimEmail } from './email'
import { deleteFailedLogins } from '@/model/security-events/failed-logins'
import { clearFailuresOf } from '@/model/limits/login-attempts'
import { searchName, canonicalName } from './name'
import { hashPassword } from '@/model/passwords/hash'
import { recordEvent } from '@/model/security-events/security-events'
import { userColumns } from './columns'
import type { Client, User } from '@/model/types'

type NewUser = { email: string; name: string; password: string }

type CreatedBy = {
  /** Whose it was; without a word their own. */
  by?: Actor
  client?: Client
}

/**
 * The new user, or undefined where the address is taken: the unique index decides, so of two at once one gets it. The role
 * stands apart, for a form says all the rest, and so does whose hand it was: without a word it is their own.
 */
export async function createUser(
  deps: Deps,
  { email, name, password }: NewUser,
  role: Role = 'user',
  { by, client }: CreatedBy = {},
) {
  const canonical_email = canonicalEmail(email)
  if (!canonical_email) throw new RangeError('createUser was given what flawInEmail refuses')
  const password_hash = await hashPassword(deps, password, client?.source)
  return inTransaction(deps, async (deps) => {
    const at = deps.now()
    const created = await deps.db
      .insertInto('users')
      .values({
        id: base64url(deps.random(16)),
        email: trimEmail(email),
        canonical_email,
        name: canonicalName(name),
        search_name: searchName(name),
        role,
        password_hash,
        password_changed_at: at,
        password_version: 1,
        created_at: at,
      })
      .onConflict((taken) => taken.column('canonical_email').doNothing())
      .returning(userColumns)
      .executeTakeFirst()
    if (!created) return undefined
    await clearFailuresOf(deps, canonical_email)
    await deleteFailedLogins(deps, canonical_email)
    await recordEvent(deps, { kind: 'signed-up', userId: created.id, role, by: by ?? created.id }, client)
    return created
  })
}

/**
 * What has changed about this user since they were read, if that closes the door: what was proven by an old password opens
 * nothing after it was changed. Belongs in a transaction (where many write at once, the read must lock the row).
 */
export async function staleReason({ db }: Deps, user: User) {
  const now = db.selectFrom('users').select(['deactivated_at', 'password_version']).where('id', '=', user.id)
  const found = await now.executeTakeFirst()
  if (found?.password_version !== user.password_version) return 'user-changed'
  return found.deactivated_at === null ? undefined : 'deactivated'
}

/** The user with this id, deactivated or not, or undefined. */
export const findUser = ({ db }: Deps, id: string): Promise<User | undefined> =>
  db.selectFrom('users').select(userColumns).where('id', '=', id).executeTakeFirst()

/** In a transaction, for only that is sure to be on the disk when its owner is told that it is saved. */
export const changeName = (deps: Deps, user: User, name: string) =>
  inTransaction(deps, ({ db }) =>
    db
      .updateTable('users')
      .set({ name: canonicalName(name), search_name: searchName(name) })
      .where('id', '=', user.id)
      .execute(),
  )
