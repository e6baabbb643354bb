import { sql, type Kysely } from 'kysely'
import { text } from '../engine/columns'

/** Parallel and repeated restores of one browser get several successors of one secret, so each secret names its parent. */
export async function up(db: Kysely<unknown>) {
  await addColumns(db)
  await sql`
    update remember_secrets set parent_hash = (
      select used.secret_hash from remember_secrets as used
      where used.series_id = remember_secrets.series_id and used.used_at is not null
      order by used.used_at desc limit 1
    ) where used_at is null`.execute(db)
  await sql`
    update remember_series set current_secret_hash = coalesce(
      (select parent_hash from remember_secrets where series_id = remember_series.id and used_at is null limit 1),
      (select secret_hash from remember_secrets where series_id = remember_series.id and used_at is null limit 1),
      '')`.execute(db)
  await db.schema.alterTable('remember_secrets').dropColumn('used_at').execute()
}

async function addColumns(db: Kysely<unknown>) {
  const series = () => db.schema.alterTable('remember_series')
  await series()
    .addColumn('current_secret_hash', text(db), (c) => c.notNull().defaultTo(''))
    .execute()
  await series().addColumn('current_used_at', 'bigint').execute()
  await series().addColumn('session_nonce', text(db)).execute()
  await db.schema.alterTable('remember_secrets').addColumn('parent_hash', text(db)).execute()
}
