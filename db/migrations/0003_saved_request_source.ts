import type { Kysely } from 'kysely'
import { text } from '../engine/columns'

/** At a cap, the source or user with the most saved requests gives way, and a row without content tells the user. */
export async function up(db: Kysely<unknown>) {
  await db.schema.alterTable('saved_requests').addColumn('source_hash', text(db)).execute()
  await db.schema.alterTable('saved_requests').addColumn('discarded_reason', text(db)).execute()
}
