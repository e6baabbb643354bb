import type { DatabaseConnection, Driver } from 'kysely'
import type { Flush } from './flush'
import { isLocked } from './store-faults'

/** How often somebody comes again who found the database locked by another process, and after how many milliseconds. */
const TRIES = 100
const PAUSE = 20

/**
 * A driver for many who share one connection: a transaction has it for itself, everything else runs at once. Whoever finds
 * the database locked by another process comes again, for about two seconds, and leaves it to everybody else meanwhile:
 * SQLite's own way to wait stops the whole process, and with Kysely's turns the readers would wait along with the writer.
 * A transaction is done once it is on the disk. A single statement, like the slide of a session, need not be there: what a
 * power cut undoes of that does no harm.
 */
export function takingTurns(inner: Driver, disk: Flush | undefined): Driver {
  let open: { by: DatabaseConnection; writes: boolean; ended: Promise<void>; end(): void } | undefined

  async function inTurn<T>(work: () => Promise<T>) {
    for (let tries = 1; ; tries++) {
      for (let theirs = open; theirs; theirs = open) await theirs.ended // or this would become a part of it
      try {
        return await work()
      } catch (error) {
        if (!isLocked(error) || tries === TRIES) throw error
      }
      await Bun.sleep(PAUSE)
    }
  }

  async function begin(by: DatabaseConnection) {
    const { promise, resolve } = Promise.withResolvers<void>()
    open = { by, writes: false, ended: promise, end: resolve } // at once, so that nothing comes between
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
        executeQuery(query) {
          if (open?.by !== own) return inTurn(() => shared.executeQuery(query))
          open.writes ||= query.query.kind !== 'SelectQueryNode' && !/^(begin|commit)$/.test(query.sql)
          return shared.executeQuery(query)
        },
        async *streamQuery(query) {
          yield await own.executeQuery(query) // all at once: a reader who takes breaks would hold everybody up
        },
      }
      return own
    },
    beginTransaction: (connection) => inTurn(() => begin(connection)),
    async commitTransaction(connection) {
      await inner.commitTransaction(connection) // where that fails it is rolled back
      const { writes } = open ?? {}
      end()
      if (writes) await disk?.flush()
    },
    async rollbackTransaction(connection) {
      if (open?.by !== connection) return // it was committed, and the disk failed after that
      // After some faults, a full disk among them, SQLite has done it already. What counts is the error from before.
      await inner.rollbackTransaction(connection).catch(() => undefined)
      end()
    },
    releaseConnection: (connection) => inner.releaseConnection(connection),
    async destroy() {
      await disk?.close()
      await inner.destroy()
    },
  }
}
