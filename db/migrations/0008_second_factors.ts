import { sql, type Kysely } from 'kysely'
import { text } from '../engine/columns'

/** Two-step verification: authenticator apps, recovery codes, logins that wait for their second step, trusted browsers. */
export async function up(db: Kysely<unknown>) {
  await extendUsers(db)
  await extendSessions(db)
  await createAuthenticatorApps(db)
  await createRecoveryCodes(db)
  await createPendingLogins(db)
  await db.schema.alterTable('known_devices').addColumn('trust_expires_at', 'bigint').execute()
  await db.schema.alterTable('known_devices').addColumn('trust_version', 'integer').execute()
  await db.schema.alterTable('one_time_tokens').addColumn('passkey_id', text(db)).execute()
  await db.schema.alterTable('mails').addColumn('login', text(db)).execute()
}

async function extendUsers(db: Kysely<unknown>) {
  const table = () => db.schema.alterTable('users')
  for (const column of ['two_step_enabled_at', 'two_step_setup_at', 'email_assigned_at'])
    await table().addColumn(column, 'bigint').execute()
  await table()
    .addColumn('factors_version', 'integer', (c) => c.notNull().defaultTo(1))
    .execute()
}

async function extendSessions(db: Kysely<unknown>) {
  const table = () => db.schema.alterTable('sessions')
  await table()
    .addColumn('amr', text(db), (c) => c.notNull().defaultTo('password'))
    .execute()
  await table().addColumn('second_factor_at', 'bigint').execute()
  await table().addColumn('passkey_id', text(db)).execute()
  await sql`update sessions set amr = 'remember-me' where started_by = 'remember'`.execute(db)
  await sql`update sessions set amr = 'email-code' where started_by = 'email-code'`.execute(db)
}

async function createAuthenticatorApps(db: Kysely<unknown>) {
  await db.schema
    .createTable('authenticator_apps')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', text(db), (c) => c.notNull())
    .addColumn('secret_ciphertext', text(db), (c) => c.notNull())
    .addColumn('key_id', text(db), (c) => c.notNull())
    .addColumn('last_used_step', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('attempt_count', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('confirmed_at', 'bigint')
    .addColumn('expires_at', 'bigint')
    .addColumn('last_used_at', 'bigint')
    .execute()
  await createIndex(db, 'authenticator_apps', 'user_id')
}

async function createRecoveryCodes(db: Kysely<unknown>) {
  await db.schema
    .createTable('recovery_codes')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('set_id', text(db), (c) => c.notNull())
    .addColumn('salt', text(db), (c) => c.notNull())
    .addColumn('key_id', text(db), (c) => c.notNull())
    .addColumn('code_hash', text(db), (c) => c.notNull().unique())
    .addColumn('is_active', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('used_at', 'bigint')
    .execute()
  await createIndex(db, 'recovery_codes', 'user_id')
}

async function createPendingLogins(db: Kysely<unknown>) {
  await db.schema
    .createTable('pending_logins')
    .addColumn('token_hash', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('password_version', 'integer', (c) => c.notNull())
    .addColumn('factors_version', 'integer', (c) => c.notNull())
    .addColumn('first_factor', text(db), (c) => c.notNull())
    .addColumn('remember', 'integer', (c) => c.notNull())
    .addColumn('lifetime', 'bigint')
    .addColumn('is_forced', 'integer', (c) => c.notNull())
    .addColumn('keeps_account', 'integer', (c) => c.notNull())
    .addColumn('fingerprint', text(db), (c) => c.notNull())
    .addColumn('follows_session_id', text(db))
    .addColumn('login_hit_id', text(db))
    .addColumn('is_known_device', 'integer', (c) => c.notNull())
    .addColumn('failure_count', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await createIndex(db, 'pending_logins', 'user_id')
}

const createIndex = (db: Kysely<unknown>, table: string, column: string) =>
  db.schema.createIndex(`${table}_${column}`).on(table).column(column).execute()
