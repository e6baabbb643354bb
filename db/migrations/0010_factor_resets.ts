import type { Kysely } from 'kysely'
import { text } from '../engine/columns'

/** The delayed removal of two-step verification, for users who lost all their second factors. */
export async function up(db: Kysely<unknown>) {
  await db.schema
    .createTable('factor_resets')
    .addColumn('id', text(db), (c) => c.primaryKey())
    .addColumn('user_id', text(db), (c) => c.notNull().unique().references('users.id').onDelete('cascade'))
    .addColumn('requested_at', 'bigint', (c) => c.notNull())
    .addColumn('confirmed_at', 'bigint')
    .addColumn('due_at', 'bigint')
    .addColumn('completed_at', 'bigint')
    .addColumn('password_version', 'integer', (c) => c.notNull())
    .execute()
  await db.schema
    .alterTable('one_time_tokens')
    .addColumn('factor_reset_id', text(db), (c) => c.references('factor_resets.id').onDelete('cascade'))
    .execute()
  await db.schema
    .createIndex('one_time_tokens_factor_reset_id')
    .on('one_time_tokens')
    .column('factor_reset_id')
    .execute()
  await db.schema.alterTable('one_time_tokens').addColumn('second_step', text(db)).execute()
  await db.schema.alterTable('one_time_tokens').addColumn('second_step_at', 'bigint').execute()
}
