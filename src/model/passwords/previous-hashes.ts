import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { base64url } from '@/lib/encoding'
import type { User } from '@/model/types'

export const PREVIOUS_HASH_RETENTION = days(14)
const MAX_PER_USER = 5

/**
 * Keeps the hash that the user has now. The oldest stay: an attacker who changes the password again and again must not push
 * out those of the owner. After a reset by mail none is kept for a while: an attacker in the mailbox may have chosen the
 * password, and could use it to undo a later change of address. Belongs in the transaction that replaces the hash.
 */
export async function keepPreviousHash(deps: Deps, { id: user_id }: Pick<User, 'id'>) {
  const { db, now, random } = deps
  const user = await db
    .selectFrom('users')
    .select(['password_hash', 'recovered_at'])
    .where('id', '=', user_id)
    .executeTakeFirst()
  if (!user?.password_hash || (user.recovered_at ?? -Infinity) > now() - PREVIOUS_HASH_RETENTION) return
  if ((await listPreviousHashes(deps, { id: user_id })).length >= MAX_PER_USER) return
  const row = { id: base64url(random(16)), user_id, password_hash: user.password_hash, replaced_at: now() }
  await sendWrite(db, db.insertInto('previous_password_hashes').values(row))
}

export async function listPreviousHashes({ db, now }: Deps, { id }: Pick<User, 'id'>) {
  const rows = db
    .selectFrom('previous_password_hashes')
    .select('password_hash')
    .where('user_id', '=', id)
    .where('replaced_at', '>', now() - PREVIOUS_HASH_RETENTION)
  return (await rows.execute()).map(({ password_hash }) => password_hash)
}

export const deletePreviousHashes = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  db.deleteFrom('previous_password_hashes').where('user_id', '=', id).execute()
