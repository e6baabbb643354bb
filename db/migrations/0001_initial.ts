import type { Kysely } from 'kysely'
import { text } from '../engine/columns'

/** The whole schema of the first release. Times are epoch milliseconds; hashes are SHA-256 in hex. */
export async function up(db: Kysely<unknown>) {
  await createUsers(db)
  await createRememberSeries(db)
  await createSessions(db)
  await createApiTokens(db)
  await createSavedRequests(db)
  await createSecurityEvents(db)
  await createLimits(db)
}

const createUsers = (db: Kysely<unknown>) =>
  db.schema
    .createTable('users')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('email', text(db), (c) => c.notNull())
    .addColumn('canonical_email', text(db), (c) => c.notNull().unique())
    .addColumn('name', text(db), (c) => c.notNull())
    .addColumn('search_name', text(db), (c) => c.notNull().defaultTo(''))
    .addColumn('role', text(db), (c) => c.notNull())
    .addColumn('password_hash', text(db))
    .addColumn('password_changed_at', 'bigint', (c) => c.notNull())
    .addColumn('password_version', 'integer', (c) => c.notNull())
    .addColumn('deactivated_at', 'bigint')
    .addColumn('theft_alert_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()

async function createRememberSeries(db: Kysely<unknown>) {
  await db.schema
    .createTable('remember_series')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('ended_reason', text(db))
    .execute()
  await db.schema.createIndex('remember_series_user_id').on('remember_series').column('user_id').execute()
  await db.schema
    .createTable('remember_secrets')
    .addColumn('secret_hash', text(db), (c) => c.primaryKey())
    .addColumn('series_id', text(db), (c) => c.notNull().references('remember_series.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('used_at', 'bigint')
    .execute()
  await db.schema.createIndex('remember_secrets_series_id').on('remember_secrets').column('series_id').execute()
}

async function createSessions(db: Kysely<unknown>) {
  await db.schema
    .createTable('sessions')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('token_hash', text(db), (c) => c.unique())
    .addColumn('previous_token_hash', text(db))
    .addColumn('rotated_at', 'bigint')
    .addColumn('rotation_due_at', 'bigint')
    .addColumn('started_by', text(db), (c) => c.notNull())
    .addColumn('series_id', text(db), (c) => c.references('remember_series.id').onDelete('set null'))
    .addColumn('fingerprint', text(db), (c) => c.notNull())
    .addColumn('user_agent', text(db), (c) => c.notNull())
    .addColumn('first_ip', text(db), (c) => c.notNull().defaultTo(''))
    .addColumn('last_ip', text(db), (c) => c.notNull().defaultTo(''))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('authenticated_at', 'bigint', (c) => c.notNull())
    .addColumn('reauthenticated_at', 'bigint')
    .addColumn('last_seen_at', 'bigint', (c) => c.notNull())
    .addColumn('forced_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('ended_reason', text(db))
    .execute()
  for (const column of ['user_id', 'series_id', 'previous_token_hash'])
    await db.schema.createIndex(`sessions_${column}`).on('sessions').column(column).execute()
}

async function createApiTokens(db: Kysely<unknown>) {
  await db.schema
    .createTable('api_tokens')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', text(db), (c) => c.notNull())
    .addColumn('token_hash', text(db), (c) => c.notNull().unique())
    .addColumn('hint', text(db), (c) => c.notNull())
    .addColumn('scopes', text(db), (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .execute()
  await db.schema.createIndex('api_tokens_user_id').on('api_tokens').column('user_id').execute()
}

async function createSavedRequests(db: Kysely<unknown>) {
  await db.schema
    .createTable('saved_requests')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('key_hash', text(db), (c) => c.notNull())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('ciphertext', text(db), (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('claimed_at', 'bigint')
    .execute()
  for (const column of ['user_id', 'expires_at'])
    await db.schema.createIndex(`saved_requests_${column}`).on('saved_requests').column(column).execute()
}

// The primary keys begin with the owner: one owner's newest rows are one range of the table.
async function createSecurityEvents(db: Kysely<unknown>) {
  await db.schema
    .createTable('security_events')
    .addColumn('id', text(db), (c) => c.notNull())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', text(db), (c) => c.notNull())
    .addColumn('reason', text(db))
    .addColumn('actor', text(db))
    .addColumn('subject', text(db))
    .addColumn('browser', text(db), (c) => c.notNull())
    .addColumn('ip', text(db), (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('security_events_primary', ['user_id', 'id'])
    .execute()
  await db.schema
    .createTable('failed_logins')
    .addColumn('email_hash', text(db), (c) => c.notNull())
    .addColumn('id', text(db), (c) => c.notNull())
    .addColumn('kind', text(db), (c) => c.notNull())
    .addColumn('browser', text(db), (c) => c.notNull())
    .addColumn('ip', text(db), (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('failed_logins_primary', ['email_hash', 'id'])
    .execute()
}

async function createLimits(db: Kysely<unknown>) {
  await db.schema
    .createTable('rate_limit_hits')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('limit_name', text(db), (c) => c.notNull())
    .addColumn('source_hash', text(db), (c) => c.notNull())
    .addColumn('network_hash', text(db))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('confirmed_at', 'bigint')
    .execute()
  const hits = (name: string) => db.schema.createIndex(`rate_limit_hits_${name}`).on('rate_limit_hits')
  await hits('created_at').columns(['limit_name', 'created_at']).execute()
  await hits('source').columns(['limit_name', 'source_hash', 'created_at']).execute()
  await hits('network').columns(['limit_name', 'network_hash', 'created_at']).execute()
  await db.schema
    .createTable('login_failures')
    .addColumn('key_hash', text(db), (c) => c.primaryKey())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('retry_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint')
    .execute()
  await db.schema
    .createTable('known_devices')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('token_hash', text(db), (c) => c.notNull())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('known_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('known_devices_token', ['token_hash', 'user_id'])
    .execute()
  await db.schema.createIndex('known_devices_user_id').on('known_devices').columns(['user_id', 'known_at']).execute()
}
