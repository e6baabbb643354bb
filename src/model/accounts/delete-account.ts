import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock, emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { canonicalEmail } from '@/lib/email-address'
import { sha256 } from '@/lib/encoding'
import { deleteAttemptsOf } from '@/model/limits/login-attempts'
import { forgetKnownDevices } from '@/model/limits/known-devices'
import { isWaiting } from '@/model/mails/mail-conditions'
import { enqueueMail } from '@/model/mails/mails'
import { isMailOn } from '@/model/mails/request-mail'
import { deleteFailedLogins } from '@/model/security-events/failed-logins'
import type { User } from '@/model/types'
import { userColumns } from '@/model/users/columns'
import { requestDeletion } from './request-deletion'

/** Deletes the user's rows in the tables of the app. Runs in the transaction that deletes the user. */
export type OnUserDeleted = (user: User, deps: Deps) => unknown

/**
 * One batch of the next account whose time has come. `after` is the id of the last account that is done; undefined when all
 * are done. An account that the app fails to delete stays until the next run.
 */
export async function deleteNextAccount(deps: Deps, after: string, onUserDeleted?: OnUserDeleted) {
  const due = selectDue(deps).where(computedId, '>', after).orderBy(computedId) // the id
  const user = await due.limit(1).executeTakeFirst()
  if (!user) return undefined
  if (await deleteChildren(deps, user)) return after
  await deleteUser(deps, user, onUserDeleted).catch((error: unknown) =>
    deps.log.error({ err: error, userId: user.id }, 'account deletion failed'),
  )
  return user.id
}

/** Deletes the account without a grace period. Returns false if no active admin would be left. */
export async function deleteAccountNow(deps: Deps, user: User, by: Actor, onUserDeleted?: OnUserDeleted) {
  if (!(await requestDeletion(deps, user, { by, grace: 0 }))) return false
  while (await deleteChildren(deps, user));
  await deleteUser(deps, user, onUserDeleted)
  return true
}

/** By `id` itself, SQLite would read all users instead of the few that are due: 3 s with 500,000 of them (measured). */
const computedId = ({ fn, val }: ExpressionBuilder<Schema, 'users'>) => fn.coalesce('id', val(''))

const selectDue = ({ db, now }: Deps) => db.selectFrom('users').select(userColumns).where('deletion_at', '<=', now())

/** Together, thousands of rows would hold the write lock for 90 ms (measured with 30,000), and each batch holds it for 0.1 ms. */
const ROWS_AT_ONCE = 100

const CHILDREN = ['sessions', 'api_tokens', 'security_events', 'saved_requests', 'mails', 'one_time_tokens'] as const

/** Returns whether rows may be left. */
async function deleteChildren(deps: Deps, { id }: Pick<User, 'id'>) {
  for (const table of CHILDREN) if (await deleteSome(deps, table, id)) return true
  return (await deleteSecrets(deps, id)) || (await deleteSeries(deps, id)) || deleteDevices(deps, id)
}

async function deleteSome({ db }: Deps, table: (typeof CHILDREN)[number], userId: string) {
  const some = db.selectFrom(table).select('id').where('user_id', '=', userId).limit(ROWS_AT_ONCE)
  const deleted = db.deleteFrom(table).where('user_id', '=', userId).where('id', 'in', some)
  return (await deleted.executeTakeFirst()).numDeletedRows > 0
}

async function deleteSecrets({ db }: Deps, userId: string) {
  const series = db.selectFrom('remember_series').select('id').where('user_id', '=', userId)
  const some = db.selectFrom('remember_secrets').select('secret_hash').where('series_id', 'in', series)
  const deleted = db.deleteFrom('remember_secrets').where('secret_hash', 'in', some.limit(ROWS_AT_ONCE))
  return (await deleted.executeTakeFirst()).numDeletedRows > 0
}

async function deleteSeries({ db }: Deps, userId: string) {
  const deleted = db.deleteFrom('remember_series').where('user_id', '=', userId) // at most 70
  return (await deleted.executeTakeFirst()).numDeletedRows > 0
}

function deleteDevices(deps: Deps, userId: string) {
  const deleteSomeDevices = async (deps: Deps) => {
    const devices = deps.db.selectFrom('known_devices').select('id').where('user_id', '=', userId)
    const some = await devices.limit(ROWS_AT_ONCE).execute()
    await forgetKnownDevices(deps, some)
    return some.length > 0
  }
  return inTransaction(deps, deleteSomeDevices, { locks: [accountLock(userId)] })
}

/** The row of the user, what was written since the last batch, and what no foreign key reaches. */
async function deleteUser(deps: Deps, user: User, onUserDeleted?: OnUserDeleted) {
  const { id } = user
  const canonical = canonicalEmail(user.email) ?? ''
  const { former } = await listOtherAddresses(deps, id)
  const deleteAll = async (deps: Deps) => {
    await onUserDeleted?.(user, deps)
    await deleteDevices(deps, id)
    const others = await listOtherAddresses(deps, id)
    const deleted = await deps.db
      .deleteFrom('users')
      .where('id', '=', id)
      .where('deletion_at', '<=', deps.now())
      .returning('email_declined_at')
      .executeTakeFirst()
    if (!deleted) throw new Error('the account was restored or deleted meanwhile')
    const own = [canonical, ...(await withoutOwner(deps, others.former))]
    for (const email of own) {
      await deleteAttemptsOf(deps, user, email)
      await deleteFailedLogins(deps, email)
    }
    await deleteHitsOf(deps, user, [...own, ...others.requested])
    // Only a waiting mail has a recipient without a user.
    await deps.db.deleteFrom('mails').where(isWaiting).where('recipient', '=', canonical).execute()
    await deps.db.deleteFrom('pending_signups').where('canonical_email', '=', canonical).execute()
    if (isMailOn(deps) && deleted.email_declined_at === null)
      await enqueueMail(deps, { kind: 'account-deleted', recipient: canonical })
    deps.emit({ kind: 'user-deleted', userId: id })
  }
  await inTransaction(deps, deleteAll, { locks: [...[canonical, ...former].map(emailLock), accountLock(id)] })
}

/** `former`: the account had the address. `requested`: the account asked for it, and may have got it. */
async function listOtherAddresses({ db }: Deps, userId: string) {
  const changes = await db
    .selectFrom('email_changes')
    .select(['old_canonical_email', 'new_canonical_email', 'changed_at'])
    .where('user_id', '=', userId)
    .execute()
  return {
    former: changes.flatMap((change) => (change.changed_at === null ? [] : change.old_canonical_email)),
    requested: changes.map((change) => change.new_canonical_email),
  }
}

/** Another account may have a former address now, and keeps its rows. */
async function withoutOwner({ db }: Deps, emails: string[]) {
  if (emails.length === 0) return [] // PostgreSQL rejects an empty list
  const owned = await db.selectFrom('users').select('canonical_email').where('canonical_email', 'in', emails).execute()
  return emails.filter((email) => !owned.some(({ canonical_email }) => canonical_email === email))
}

/** The hit of the sign-up has the id of the user. Without the names of the limits, no index would find the others. */
const deleteHitsOf = ({ db }: Deps, { id }: Pick<User, 'id'>, addresses: string[]) =>
  db
    .deleteFrom('rate_limit_hits')
    .where(({ or, eb }) =>
      or([
        eb('id', '=', id),
        eb('limit_name', 'in', ['data-export', 'email-change', 'new-factor', 'factor-reset']).and(
          'source_hash',
          '=',
          sha256(id),
        ),
        eb('limit_name', '=', 'mail-recipient').and('source_hash', 'in', addresses.map(sha256)),
      ]),
    )
    .execute()
