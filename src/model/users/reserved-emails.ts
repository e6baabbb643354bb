import type { Deps } from '@/deps/deps'

/**
 * The account whose previous address this is, while the change can still be undone. No other account may take the address.
 * PostgreSQL must lock the row, or run serializable.
 */
export const findReservation = ({ db, now }: Deps, canonicalEmail: string) =>
  db
    .selectFrom('email_changes')
    .select(['id', 'user_id', 'changed_at', 'undo_expires_at'])
    .where('old_canonical_email', '=', canonicalEmail)
    .where('changed_at', 'is not', null)
    .where('undone_at', 'is', null)
    .where('undo_expires_at', '>', now())
    .orderBy('undo_expires_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
