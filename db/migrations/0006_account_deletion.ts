import { sql, type Kysely } from 'kysely'

/** An account is deleted after a grace period, in which its user can keep it. */
export async function up(db: Kysely<unknown>) {
  for (const column of ['deletion_requested_at', 'deletion_at', 'deletion_reminded_at'])
    await db.schema.alterTable('users').addColumn(column, 'bigint').execute()
  await db.schema
    .createIndex('users_deletion_at')
    .on('users')
    .column('deletion_at')
    .where(sql<boolean>`deletion_at is not null`)
    .execute()
}
