import { sql, type Kysely } from 'kysely'
import { text } from '../engine/columns'

/** Sign-ups and changes of address that wait for their confirmation, codes in mails, and what undoes a takeover. */
export async function up(db: Kysely<unknown>) {
  for (const column of ['email_declined_at', 'secured_at', 'new_device_muted_at'])
    await db.schema.alterTable('users').addColumn(column, 'bigint').execute()
  await createPendingSignups(db)
  await createEmailChanges(db)
  await createPreviousPasswordHashes(db)
  await extendMails(db)
  await extendOneTimeTokens(db)
}

async function createPendingSignups(db: Kysely<unknown>) {
  await db.schema
    .createTable('pending_signups')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('email', text(db), (c) => c.notNull())
    .addColumn('canonical_email', text(db), (c) => c.notNull())
    .addColumn('name', text(db), (c) => c.notNull())
    .addColumn('password_hash', text(db), (c) => c.notNull())
    .addColumn('flow_hash', text(db), (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await createIndex(db, 'pending_signups', 'canonical_email')
}

async function createEmailChanges(db: Kysely<unknown>) {
  await db.schema
    .createTable('email_changes')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('new_email', text(db), (c) => c.notNull())
    .addColumn('new_canonical_email', text(db), (c) => c.notNull())
    .addColumn('old_email', text(db), (c) => c.notNull())
    .addColumn('old_canonical_email', text(db), (c) => c.notNull())
    .addColumn('requested_at', 'bigint', (c) => c.notNull())
    .addColumn('changed_at', 'bigint')
    .addColumn('undo_expires_at', 'bigint')
    .addColumn('undone_at', 'bigint')
    .addColumn('cancelled_at', 'bigint')
    .execute()
  await createIndex(db, 'email_changes', 'user_id')
  await createIndex(db, 'email_changes', 'old_canonical_email')
}

async function createPreviousPasswordHashes(db: Kysely<unknown>) {
  await db.schema
    .createTable('previous_password_hashes')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('password_hash', text(db), (c) => c.notNull())
    .addColumn('replaced_at', 'bigint', (c) => c.notNull())
    .execute()
  await createIndex(db, 'previous_password_hashes', 'user_id')
}

async function extendMails(db: Kysely<unknown>) {
  const table = () => db.schema.alterTable('mails')
  await table()
    .addColumn('pending_signup_id', text(db), (c) => c.references('pending_signups.id').onDelete('cascade'))
    .execute()
  await table()
    .addColumn('email_change_id', text(db), (c) => c.references('email_changes.id').onDelete('cascade'))
    .execute()
  await table().addColumn('flow_hash', text(db)).execute()
  await table().addColumn('dedupe_key', text(db)).execute()
  await table()
    .addColumn('occurrence_count', 'integer', (c) => c.notNull().defaultTo(1))
    .execute()
  for (const column of ['pending_signup_id', 'email_change_id', 'flow_hash']) await createIndex(db, 'mails', column)
  // Two waiting mails with the same key become one.
  await db.schema
    .createIndex('mails_dedupe_key')
    .unique()
    .on('mails')
    .column('dedupe_key')
    .where(sql<boolean>`sent_at is null and failed_at is null`)
    .execute()
}

async function extendOneTimeTokens(db: Kysely<unknown>) {
  const table = () => db.schema.alterTable('one_time_tokens')
  await table()
    .addColumn('pending_signup_id', text(db), (c) => c.references('pending_signups.id').onDelete('cascade'))
    .execute()
  await table()
    .addColumn('email_change_id', text(db), (c) => c.references('email_changes.id').onDelete('cascade'))
    .execute()
  for (const column of ['code_hash', 'flow_hash', 'event']) await table().addColumn(column, text(db)).execute()
  await table()
    .addColumn('attempt_count', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  for (const column of ['pending_signup_id', 'email_change_id', 'flow_hash'])
    await createIndex(db, 'one_time_tokens', column)
}

const createIndex = (db: Kysely<unknown>, table: string, column: string) =>
  db.schema.createIndex(`${table}_${column}`).on(table).column(column).execute()
