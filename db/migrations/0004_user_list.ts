import { sql, type Kysely } from 'kysely'
import { text } from '../engine/columns'

/** For the list of users: without the index, one page by name of 200,000 users blocks the event loop for 40 ms. */
export async function up(db: Kysely<Tables>) {
  await db.schema.createIndex('users_search_name').on('users').columns(['search_name', 'id']).execute()
  await db.schema.alterTable('login_failures').addColumn('user_id', text(db)).execute()
  await db.schema
    .createIndex('login_failures_locked')
    .on('login_failures')
    .column('user_id')
    .where(sql.ref('expires_at'), 'is', null)
    .execute()
  await nameLockedUsers(db)
}

type Tables = {
  users: { id: string; canonical_email: string }
  login_failures: { key_hash: string; user_id: string | null; expires_at: number | null }
}

const USERS_AT_ONCE = 1000

async function nameLockedUsers(db: Kysely<Tables>) {
  const locked = await db.selectFrom('login_failures').select('key_hash').where('expires_at', 'is', null).execute()
  const keys = new Set(locked.map(({ key_hash }) => key_hash))
  for (let after: string | undefined = ''; keys.size > 0 && after !== undefined;) {
    const users = await nextUsers(db, after)
    for (const { id, canonical_email } of users) {
      const key_hash = new Bun.CryptoHasher('sha256').update(`account ${canonical_email}`).digest('hex')
      if (keys.delete(key_hash))
        await db.updateTable('login_failures').set({ user_id: id }).where('key_hash', '=', key_hash).execute()
    }
    after = users.at(-1)?.id
  }
}

const nextUsers = (db: Kysely<Tables>, after: string) =>
  db
    .selectFrom('users')
    .select(['id', 'canonical_email'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(USERS_AT_ONCE)
    .execute()
