import type { Kysely } from 'kysely'
import { leaveSpace, text } from '../engine/columns'

/** What processes with the same database agree on: which of them runs a job, and the oldest version that may start. */
export async function up(db: Kysely<unknown>) {
  await db.schema
    .createTable('leases')
    .addColumn('name', text(db), (c) => c.primaryKey())
    .addColumn('holder', text(db), (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('schema_floor')
    .addColumn('name', text(db), (c) => c.primaryKey())
    .execute()
  for (const table of ['sessions', 'login_failures']) await leaveSpace(db, table)
}
