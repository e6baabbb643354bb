import { engineOf, setEngine } from '@db/engine/engine'
import type { Deps } from '@/deps/deps'

type Kind = 'Select' | 'Insert' | 'Update' | 'Delete'

/** A statement of `first`, by its kind and a table or a value in it. */
export type PausePoint = [kind: Kind, text: string]

/** Longer than `second` takes if no lock stops it. */
const PATIENCE_MS = 500

/**
 * Runs `second` after a statement in a transaction of `first`. If `second` waits for a lock that `first` holds, `first` goes on.
 * Without the lock, `second` is done before the next statement of `first`.
 */
export async function overlap<A, B>(
  deps: Deps,
  [kind, text]: PausePoint,
  first: (deps: Deps) => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  let isInTransaction = false
  const points = new Set<object>() // also of queries inside the statement
  let started: Promise<B> | undefined
  const db = deps.db.withPlugin({
    transformQuery({ node, queryId }) {
      const isPoint = isInTransaction && node.kind === `${kind}QueryNode` && JSON.stringify(node).includes(text)
      if (isPoint) points.add(queryId)
      return node
    },
    async transformResult({ result, queryId }) {
      if (points.has(queryId) && !started) {
        started = second()
        started.catch(() => undefined)
        await Promise.race([started.catch(() => undefined), Bun.sleep(PATIENCE_MS)])
      }
      return result
    },
  })
  const engine = engineOf(deps.db)
  setEngine(db, {
    ...engine,
    async prepareTransaction(transaction, names, durable) {
      await engine.prepareTransaction(transaction, names, durable)
      isInTransaction = true
    },
  })
  const result = await first({ ...deps, db })
  if (!started) throw new Error(`no ${kind} of ${text} was run`)
  return [result, await started]
}
