import { sql, type Kysely } from 'kysely'
import { text } from '../engine/columns'

/** Mails that wait to be sent, tokens of the links in them, and what an address has proved. */
export async function up(db: Kysely<unknown>) {
  for (const column of ['email_verified_at', 'email_rejected_at', 'recovered_at'])
    await db.schema.alterTable('users').addColumn(column, 'bigint').execute()
  await createMails(db)
  await createOneTimeTokens(db)
  await createMailDailyCounts(db)
}

async function createMails(db: Kysely<unknown>) {
  await db.schema
    .createTable('mails')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('kind', text(db), (c) => c.notNull())
    .addColumn('user_id', text(db), (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('recipient', text(db), (c) => c.notNull())
    .addColumn('details', text(db), (c) => c.notNull())
    .addColumn('password_version', 'integer')
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addColumn('lease_expires_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('attempt_count', 'integer', (c) => c.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('failed_at', 'bigint')
    .addColumn('error_code', text(db))
    .addColumn('server_failed_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()
  // Partial: once a second the mail job reads the mails that wait, whatever the number of those that were sent.
  await db.schema
    .createIndex('mails_due')
    .on('mails')
    .column('due_at')
    .where(sql<boolean>`sent_at is null and failed_at is null`)
    .execute()
  await db.schema.createIndex('mails_user_id').on('mails').column('user_id').execute()
}

async function createOneTimeTokens(db: Kysely<unknown>) {
  await db.schema
    .createTable('one_time_tokens')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('token_hash', text(db), (c) => c.notNull().unique())
    .addColumn('purpose', text(db), (c) => c.notNull())
    .addColumn('user_id', text(db), (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('canonical_email', text(db), (c) => c.notNull())
    .addColumn('password_version', 'integer')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('one_time_tokens_user_id').on('one_time_tokens').column('user_id').execute()
}

const createMailDailyCounts = (db: Kysely<unknown>) =>
  db.schema
    .createTable('mail_daily_counts')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('day', text(db), (c) => c.notNull())
    .addColumn('purpose', text(db), (c) => c.notNull())
    .addColumn('sent_count', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('opened_count', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('used_count', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
