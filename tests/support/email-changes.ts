import { days } from '@/lib/duration'
import type { User } from '@/model/types'
import type { Site } from './site'

/** The rows of a change of address that was confirmed now. The previous address is reserved for seven days. */
export async function moveTo({ deps: { db, now } }: Pick<Site, 'deps'>, { id }: Pick<User, 'id'>, email: string) {
  const old = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const row = {
    id: crypto.randomUUID(),
    user_id: id,
    new_email: email,
    new_canonical_email: email,
    old_email: old.email,
    old_canonical_email: old.canonical_email,
    requested_at: now(),
    changed_at: now(),
    undo_expires_at: now() + days(7),
    undone_at: null,
    cancelled_at: null,
  }
  await db.insertInto('email_changes').values(row).execute()
  const address = { email, canonical_email: email, email_verified_at: now() }
  await db.updateTable('users').set(address).where('id', '=', id).execute()
  return row.id
}

/** The row of a change that is requested and not confirmed. */
export async function requestMove(
  { deps: { db, now } }: Pick<Site, 'deps'>,
  user: Pick<User, 'id' | 'email'>,
  email: string,
) {
  const row = {
    id: crypto.randomUUID(),
    user_id: user.id,
    new_email: email,
    new_canonical_email: email,
    old_email: user.email,
    old_canonical_email: user.email,
    requested_at: now(),
    changed_at: null,
    undo_expires_at: null,
    undone_at: null,
    cancelled_at: null,
  }
  await db.insertInto('email_changes').values(row).execute()
  return row.id
}
