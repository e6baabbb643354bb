import type { CompiledQuery, DatabaseConnection, Driver } from 'kysely'
import { retryWhenBusy } from './retry-when-busy'

/**
 * All queries share one connection. Transactions run one after another, and other queries run between them. While a
 * query waits for the lock of another process, the connection stays free. With Kysely's own queue, reads would also
 * wait for it. `beforeWrite` can throw to refuse a write or the commit of a transaction.
 */
export function serializeTransactions(inner: Driver, beforeWrite: () => void): Driver {
  let current: { by: DatabaseConnection; ended: Promise<void>; finish(): void } | undefined

  async function afterTransaction<T>(work: () => Promise<T>) {
    // A query on the shared connection would become part of the open transaction.
    for (let open = current; open; open = current) await open.ended
    return work()
  }

  const run = <T>(work: () => Promise<T>) => retryWhenBusy(() => afterTransaction(work))

  async function begin(by: DatabaseConnection) {
    const { promise, resolve } = Promise.withResolvers<void>()
    current = { by, ended: promise, finish: resolve } // before the first `await`, so that no query gets in between
    try {
      await inner.beginTransaction(by, {})
    } catch (error) {
      finish()
      throw error
    }
  }

  function finish() {
    const ended = current
    current = undefined
    ended?.finish()
  }

  function execute<R>(shared: DatabaseConnection, query: CompiledQuery) {
    if (query.query.kind !== 'SelectQueryNode') beforeWrite()
    return shared.executeQuery<R>(query)
  }

  return {
    init: () => inner.init(),
    async acquireConnection() {
      const shared = await inner.acquireConnection()
      const own: DatabaseConnection = {
        executeQuery: (query) => (current?.by === own ? shared.executeQuery(query) : run(() => execute(shared, query))),
        async *streamQuery(query) {
          yield await own.executeQuery(query) // all rows at once: a slow reader would block the connection
        },
      }
      return own
    },
    beginTransaction: (connection) => run(() => begin(connection)),
    async commitTransaction(connection) {
      beforeWrite()
      await inner.commitTransaction(connection)
      finish() // not in `finally`: after a failed commit, Kysely calls `rollbackTransaction`
    },
    async rollbackTransaction(connection) {
      // After some errors, like a full disk, SQLite has already rolled back. The caller gets the first error.
      await inner.rollbackTransaction(connection).catch(() => undefined)
      finish()
    },
    releaseConnection: (connection) => inner.releaseConnection(connection),
    destroy: () => inner.destroy(),
  }
}
