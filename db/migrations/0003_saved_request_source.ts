import type { Kysely } from 'kysely'

/** At a cap, the source or user with the most saved requests gives way, and a row without content tells the user. */
export async function up(db: Kysely<unknown>) {
  await db.schema.alterTable('saved_requests').addColumn('source_hash', 'text').execute()
  await db.schema.alterTable('saved_requests').addColumn('discarded_reason', 'text').execute()
}
