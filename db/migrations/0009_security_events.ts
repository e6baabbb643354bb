import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  await db.schema
    .createTable('security_events')
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('hand', 'text')
    .addColumn('about', 'text')
    .addColumn('browser', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('tries_count', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('security_events_primary', ['user_id', 'id'])
    .execute()
  await db.schema.alterTable('users').addColumn('theft_at', 'bigint').execute()
}
