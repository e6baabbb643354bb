import type { Deps } from './deps/deps'
import { minutes } from './lib/duration'
import { deleteBatch, type Cursor } from './model/retention/retention'

const BATCH_PAUSE_MS = 50 // a batch takes 1 to 2 ms, so the job uses a few percent of the time
const INTERVAL = minutes(10)
const FIRST_CURSOR: Cursor = { table: 0, after: '' }

/** Batches follow each other after a pause. A finished or failed run starts again after `INTERVAL`. */
export function startRetentionJob(deps: Deps, signal: AbortSignal) {
  let timer = setTimeout(runBatch, INTERVAL, FIRST_CURSOR)
  signal.addEventListener('abort', () => clearTimeout(timer))

  async function runBatch(cursor: Cursor) {
    const next = await deleteBatch(deps, cursor).catch((error: unknown) =>
      deps.log.error({ err: error }, 'retention batch failed'),
    )
    if (!signal.aborted) timer = setTimeout(runBatch, next ? BATCH_PAUSE_MS : INTERVAL, next ?? FIRST_CURSOR)
  }
}
