import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock, adminsLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { days } from '@/lib/duration'
import { isMailOn, notifyUser } from '@/model/mails/request-mail'
import { revokeOneTimeTokensOf } from '@/model/one-time-tokens/one-time-tokens'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, Session, User } from '@/model/types'
import { userColumns } from '@/model/users/columns'
import { unlessLastAdmin } from '@/model/users/roles'
import { cancelFactorReset } from './factors/cancel-factor-reset'
import { cancelPendingChange } from './pending-changes'
import { findRecoveryHold } from '@/model/users/recovery-hold'
import { revokeAccess } from './revoke-access'

type Request = {
  by: Actor
  client?: Client
  /** In milliseconds. */
  grace?: number
  /** The session of the request. No request accepts it afterwards, and the caller logs it out. */
  keepSession?: Session
}

export const deletionLocks = ({ id }: Pick<User, 'id'>) => [adminsLock, accountLock(id)]

/**
 * Ends all access now and schedules the deletion for the end of the grace period. Returns false and changes nothing if no
 * active admin would be left. A second request keeps the earlier date.
 */
export const requestDeletion = (
  deps: Deps,
  { id }: Pick<User, 'id'>,
  { by, client, grace = deps.config.deletionGrace, keepSession }: Request,
) =>
  inTransaction(
    deps,
    async (deps) => {
      const hold = grace > 0 ? await findRecoveryHold(deps, { id }) : undefined
      // An attacker who had the mailbox for an hour must not delete the account before its owner resets the password.
      const deletion_at = Math.max(deps.now() + grace, hold?.until ?? 0)
      const scheduled = await deps.db
        .updateTable('users')
        .set({ deletion_requested_at: deps.now(), deletion_at, deletion_reminded_at: null })
        .where('id', '=', id)
        .where(({ or, eb }) => or([eb('deletion_at', 'is', null), eb('deletion_at', '>', deletion_at)]))
        .where(unlessLastAdmin(deps, id))
        .returning(userColumns)
        .executeTakeFirst()
      if (!scheduled) return isScheduled(deps, id)
      await cancelPendingChange(deps, { id })
      await cancelFactorReset(deps, { id }, by, client)
      await revokeOneTimeTokensOf(deps, { id }, ['verify-email', 'login-code'])
      await revokeAccess(deps, { id }, 'deleted', keepSession)
      await recordEvent(deps, { kind: 'deletion-requested', userId: id, by }, client)
      await notifyUser(deps, scheduled, 'deletion-requested', { client, until: deletion_at })
      return true
    },
    { locks: deletionLocks({ id }) },
  )

async function isScheduled({ db }: Deps, id: string) {
  const user = db.selectFrom('users').select('id').where('id', '=', id).where('deletion_at', 'is not', null)
  return (await user.executeTakeFirst()) !== undefined
}

/** Returns false if no deletion was scheduled, or if its time has come. */
export function cancelDeletion(deps: Deps, { id }: Pick<User, 'id'>, by: Actor, client?: Client) {
  const cancel = async (deps: Deps) => {
    const kept = await deps.db
      .updateTable('users')
      .set({ deletion_requested_at: null, deletion_at: null, deletion_reminded_at: null })
      .where('id', '=', id)
      .where('deletion_at', '>', deps.now())
      .returning(userColumns)
      .executeTakeFirst()
    if (!kept) return false
    await revokeOneTimeTokensOf(deps, { id }, ['restore-account']) // they must not cancel a later request
    await recordEvent(deps, { kind: 'deletion-cancelled', userId: id, by }, client)
    await notifyUser(deps, kept, 'deletion-cancelled', { client })
    return true
  }
  return inTransaction(deps, cancel, { locks: [accountLock(id)] })
}

/** A grace period that starts with less time left gets no mail for that moment. */
const REMINDERS = [days(1), days(3)]

/** Writes the next due reminder. Returns the id of its user, or undefined when all are written. */
export async function remindOfDeletion(deps: Deps) {
  if (!isMailOn(deps)) return undefined
  const isDue = needsReminder(deps.now())
  const next = deps.db.selectFrom('users').select('id').where(isDue)
  // By id alone, SQLite would read all users.
  const user = await next.orderBy('deletion_at').orderBy('id').limit(1).executeTakeFirst()
  if (!user) return undefined
  const remind = async (deps: Deps) => {
    const reminded = await deps.db
      .updateTable('users')
      .set({ deletion_reminded_at: deps.now() })
      .where('id', '=', user.id)
      .where(isDue) // another process may have written it meanwhile
      .returning(userColumns)
      .returning('deletion_at as until')
      .$narrowType<{ until: number }>()
      .executeTakeFirst()
    if (reminded) await notifyUser(deps, reminded, 'deletion-reminder', { until: reminded.until })
  }
  await inTransaction(deps, remind, { locks: [accountLock(user.id)] })
  return user.id
}

const needsReminder =
  (at: number) =>
  ({ or, and, eb, fn, ref }: ExpressionBuilder<Schema, 'users'>) =>
    and([
      eb('deletion_at', '>', at),
      eb('deletion_at', '<=', at + Math.max(...REMINDERS)),
      or(
        REMINDERS.map((ahead) =>
          and([
            eb('deletion_at', '<=', at + ahead),
            eb(fn.coalesce('deletion_reminded_at', 'deletion_requested_at'), '<', eb(ref('deletion_at'), '-', ahead)),
          ]),
        ),
      ),
    ])
