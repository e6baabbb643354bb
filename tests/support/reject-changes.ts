import { isPostgres } from '@db/engine/engine'
import type { Schema } from '@db/schema'
import { sql } from 'kysely'
import type { Deps } from '@/deps/deps'

let created = 0

/** Inserts into the table fail until the returned function is called. */
export const rejectInserts = (deps: Pick<Deps, 'db'>, table: keyof Schema) => rejectChanges(deps, `insert on ${table}`)

/** A change like `update of name on users` fails, for rows with this condition, until the returned function is called. */
export async function rejectChanges({ db }: Pick<Deps, 'db'>, change: string, condition?: string) {
  const name = sql.id(`reject_${++created}`)
  const when = sql.raw(condition === undefined ? '' : `when (${condition})`)
  const trigger = sql`create trigger ${name} before ${sql.raw(change)} for each row ${when}`
  if (!isPostgres(db)) {
    await sql`${trigger} begin select raise(abort, 'broken'); end`.execute(db)
    return async () => void (await sql`drop trigger ${name}`.execute(db))
  }
  const body = sql.lit(`begin raise exception 'broken'; end`)
  await sql`create function ${name}() returns trigger language plpgsql as ${body}`.execute(db)
  await sql`${trigger} execute function ${name}()`.execute(db)
  return async () => void (await sql`drop function ${name}() cascade`.execute(db))
}
