import type { Deps } from '@/deps/deps'
import type { User } from '@/model/types'

/**
 * The first change away from this address that can still be undone. Undefined if another account has the address, which
 * only a change in the database can cause.
 */
export const findUndoableChange = ({ db, now }: Deps, { id }: Pick<User, 'id'>, canonicalEmail: string) =>
  db
    .selectFrom('email_changes')
    .select(['id', 'old_email', 'old_canonical_email', 'changed_at'])
    .$narrowType<{ changed_at: number }>()
    .where('user_id', '=', id)
    .where('old_canonical_email', '=', canonicalEmail)
    .where('changed_at', 'is not', null)
    .where('undone_at', 'is', null)
    .where('undo_expires_at', '>', now())
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('users').select('users.id').whereRef('users.canonical_email', '=', 'old_canonical_email'))),
    )
    .orderBy('changed_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()

/**
 * Ends the undo of the first change away from this address and of all later ones: an attacker may have moved the account on
 * or back, and could undo that from a mailbox of their own. Earlier ones stay, which may be the way back of the owner.
 * Returns whether any was open.
 */
export async function undoChangesSince({ db, now }: Deps, { id }: Pick<User, 'id'>, canonicalEmail: string) {
  const undone = await db
    .updateTable('email_changes')
    .set({ undone_at: now() })
    .where('user_id', '=', id)
    .where('undone_at', 'is', null)
    .where('changed_at', '>=', ({ selectFrom }) =>
      selectFrom('email_changes as first')
        .select(({ fn }) => fn.min('first.changed_at').as('at'))
        .where('first.user_id', '=', id)
        .where('first.old_canonical_email', '=', canonicalEmail)
        .where('first.undone_at', 'is', null),
    )
    .returning('id')
    .execute()
  return undone.length > 0
}

/** For the first proof of a mailbox: whatever an unproved owner did before must not move the account away from it. */
export const deleteEmailChanges = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  db.deleteFrom('email_changes').where('user_id', '=', id).execute()
