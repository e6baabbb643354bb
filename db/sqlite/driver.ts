import type { DatabaseConnection, Driver } from 'kysely'
import { patiently } from './retry-when-busy'

/**
 * A driver for many who share one connection: a transaction has it for itself, everything else runs at once. Whoever finds
 * the database locked by another process leaves it to everybody else while it waits: with Kysely's own turns the readers
 * would wait along with the writer.
 */
export function takingTurns(inner: Driver): Driver {
  let open: { by: DatabaseConnection; ended: Promise<void>; end(): void } | undefined

  async function inTurn<T>(work: () => Promise<T>) {
    for (let theirs = open; theirs; theirs = open) await theirs.ended // or this would become a part of it
    return work()
  }

  const whenFree = <T>(work: () => Promise<T>) => patiently(() => inTurn(work))

  async function begin(by: DatabaseConnection) {
    const { promise, resolve } = Promise.withResolvers<void>()
    open = { by, ended: promise, end: resolve } // at once, so that nothing comes between
    try {
      await inner.beginTransaction(by, {})
    } catch (error) {
      end()
      throw error
    }
  }

  function end() {
    const ended = open
    open = undefined
    ended?.end()
  }

  return {
    init: () => inner.init(),
    async acquireConnection() {
      const shared = await inner.acquireConnection()
      const own: DatabaseConnection = {
        executeQuery: (query) =>
          open?.by === own ? shared.executeQuery(query) : whenFree(() => shared.executeQuery(query)),
        async *streamQuery(query) {
          yield await own.executeQuery(query) // all at once: a reader who takes breaks would hold everybody up
        },
      }
      return own
    },
    beginTransaction: (connection) => whenFree(() => begin(connection)),
    async commitTransaction(connection) {
      await inner.commitTransaction(connection)
      end() // where it could not be committed it is rolled back
    },
    async rollbackTransaction(connection) {
      // After some faults, a full disk among them, SQLite has done it already. What counts is the error from before.
      await inner.rollbackTransaction(connection).catch(() => undefined)
      end()
    },
    releaseConnection: (connection) => inner.releaseConnection(connection),
    destroy: () => inner.destroy(),
  }
}
