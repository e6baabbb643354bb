import type { Compilable, Kysely } from 'kysely'
import type { WriteQuery } from './engine/engine'

/**
 * For a write whose result is not read. On PostgreSQL, inside a transaction, it is sent without waiting for the answer,
 * which saves the delay of the network. The next statement that waits, or the commit, fails with its error. So await a
 * write with `execute` if you catch its error, as for a unique index. Elsewhere this is `execute`.
 */
export async function sendWrite<Schema>(db: Kysely<Schema>, query: Compilable) {
  const write: WriteQuery = { ...query.compile(), isUnread: true }
  await db.executeQuery(write)
}
