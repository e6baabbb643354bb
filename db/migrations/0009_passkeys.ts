import { sql, type Kysely } from 'kysely'
import { text } from '../engine/columns'

/** Passkeys, and the challenges that were used. A sign-up that waits for its confirmation may have a passkey instead of a password. */
export async function up(db: Kysely<unknown>) {
  await db.schema.alterTable('users').addColumn('passkey_user_handle', text(db)).execute()
  await db.schema.createIndex('users_passkey_user_handle').unique().on('users').column('passkey_user_handle').execute()
  await createPasskeys(db)
  await db.schema
    .createTable('used_challenges')
    .addColumn('challenge_hash', text(db), (c) => c.primaryKey())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await extendPendingSignups(db)
}

async function createPasskeys(db: Kysely<unknown>) {
  await db.schema
    .createTable('passkeys')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('credential_id', text(db), (c) => c.notNull().unique())
    .addColumn('public_key', text(db), (c) => c.notNull())
    .addColumn('algorithm', 'integer', (c) => c.notNull())
    .addColumn('sign_count', 'bigint', (c) => c.notNull())
    .addColumn('transports', text(db), (c) => c.notNull())
    .addColumn('aaguid', text(db), (c) => c.notNull())
    .addColumn('rp_id', text(db), (c) => c.notNull())
    .addColumn('is_discoverable', 'integer', (c) => c.notNull())
    .addColumn('is_user_verifying', 'integer', (c) => c.notNull())
    .addColumn('is_backup_eligible', 'integer', (c) => c.notNull())
    .addColumn('is_backed_up', 'integer', (c) => c.notNull())
    .addColumn('name', text(db), (c) => c.notNull())
    .addColumn('created_via', text(db), (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('last_login_at', 'bigint')
    .addColumn('flagged_at', 'bigint')
    .execute()
  await db.schema.createIndex('passkeys_user_id').on('passkeys').column('user_id').execute()
}

/** A column cannot lose `not null` in SQLite. A copy of the table would delete the mails and tokens that refer to it. */
async function extendPendingSignups(db: Kysely<unknown>) {
  const table = () => db.schema.alterTable('pending_signups')
  await table().addColumn('passkey', text(db)).execute()
  await table().addColumn('password_hash_or_null', text(db)).execute()
  await sql`update pending_signups set password_hash_or_null = password_hash`.execute(db)
  await table().dropColumn('password_hash').execute()
  await table().renameColumn('password_hash_or_null', 'password_hash').execute()
}
