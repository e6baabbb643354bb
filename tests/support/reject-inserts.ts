import { isPostgres } from '@db/engine/engine'
import type { Schema } from '@db/schema'
import { sql } from 'kysely'
import type { Deps } from '@/deps/deps'

/** Inserts into the table fail until the returned function is called. */
export async function rejectInserts({ db }: Pick<Deps, 'db'>, table: keyof Schema) {
  const trigger = sql`create trigger reject before insert on ${sql.table(table)}`
  if (!isPostgres(db)) {
    await sql`${trigger} begin select raise(abort, 'broken'); end`.execute(db)
    return async () => void (await sql`drop trigger reject`.execute(db))
  }
  const body = sql.lit(`begin raise exception 'broken'; end`)
  await sql`create function reject() returns trigger language plpgsql as ${body}`.execute(db)
  await sql`${trigger} for each row execute function reject()`.execute(db)
  return async () => void (await sql`drop function reject() cascade`.execute(db))
}
