import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  await db.schema
    .createTable('tries')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('source_hash', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('settled_at', 'bigint')
    .execute()
  await db.schema.createIndex('tries_kind_at').on('tries').columns(['kind', 'at']).execute()
  await db.schema.createIndex('tries_source').on('tries').columns(['kind', 'source_hash', 'at']).execute()

  await db.schema
    .createTable('guess_counts')
    .addColumn('key_hash', 'text', (c) => c.primaryKey())
    .addColumn('failures_count', 'integer', (c) => c.notNull())
    .addColumn('open_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint')
    .execute()

  await db.schema
    .createTable('known_devices')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('token_hash', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('known_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('known_devices_token', ['token_hash', 'user_id'])
    .execute()
  await db.schema.createIndex('known_devices_user_id').on('known_devices').columns(['user_id', 'known_at']).execute()
}
