import type { DatabaseConnection, Driver } from 'kysely'
import { retryWhenBusy } from './retry-when-busy'

/**
 * A driver for many who share one connection: a transaction has it for itself, everything else runs at once. Whoever finds
 * the database locked by another process leaves it to everybody else while it waits: with Kysely's own turns the readers
 * would wait along with the writer.
 */
export function serializeTransactions(inner: Driver): Driver {
  let current: { by: DatabaseConnection; ended: Promise<void>; finish(): void } | undefined

  async function afterTransaction<T>(work: () => Promise<T>) {
    for (let theirs = current; theirs; theirs = current) await theirs.ended // or this would become a part of it
    return work()
  }

  const run = <T>(work: () => Promise<T>) => retryWhenBusy(() => afterTransaction(work))

  async function begin(by: DatabaseConnection) {
    const { promise, resolve } = Promise.withResolvers<void>()
    current = { by, ended: promise, finish: resolve } // at once, so that nothing comes between
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

  return {
    init: () => inner.init(),
    async acquireConnection() {
      const shared = await inner.acquireConnection()
      const own: DatabaseConnection = {
        executeQuery: (query) =>
          current?.by === own ? shared.executeQuery(query) : run(() => shared.executeQuery(query)),
        async *streamQuery(query) {
          yield await own.executeQuery(query) // all at once: a reader who takes breaks would hold everybody up
        },
      }
      return own
    },
    beginTransaction: (connection) => run(() => begin(connection)),
    async commitTransaction(connection) {
      await inner.commitTransaction(connection)
      finish() // where it could not be committed it is rolled back
    },
    async rollbackTransaction(connection) {
      // After some faults, a full disk among them, SQLite has done it already. What counts is the error from before.
      await inner.rollbackTransaction(connection).catch(() => undefined)
      finish()
    },
    releaseConnection: (connection) => inner.releaseConnection(connection),
    destroy: () => inner.destroy(),
  }
}
