import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  await db.schema.alterTable('sessions').addColumn('forced_at', 'bigint').execute()
  await db.schema.alterTable('sessions').addColumn('renewal_due_at', 'bigint').execute()
  await db.schema.alterTable('sessions').addColumn('renewed_at', 'bigint').execute()
}
