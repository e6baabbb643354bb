import type { Deps } from './deps/deps'
import { minutes } from './lib/duration'
import { openClockGuard } from './model/retention/clock-guard'
import { CAPS_CURSOR, deleteBatch, FIRST_CURSOR, type Cursor, type OnUserDeleted } from './model/retention/retention'

const BATCH_PAUSE_MS = 50 // a batch takes 1 to 2 ms, so the job uses a few percent of the time
const INTERVAL = minutes(10)

/**
 * Batches follow each other after a pause. A finished or failed run starts again after `INTERVAL`. While the clock is not
 * trusted, only the caps apply, which do not depend on it.
 */
export function startRetentionJob(deps: Deps, signal: AbortSignal, onUserDeleted?: OnUserDeleted) {
  const opening = openClockGuard(deps)
  let timer = setTimeout(runBatch, INTERVAL, FIRST_CURSOR)
  signal.addEventListener('abort', () => clearTimeout(timer))

  async function runBatch(cursor: Cursor) {
    const next = await deleteNext(cursor).catch((error: unknown) =>
      deps.log.error({ err: error }, 'retention batch failed'),
    )
    if (!signal.aborted) timer = setTimeout(runBatch, next ? BATCH_PAUSE_MS : INTERVAL, next ?? FIRST_CURSOR)
  }

  async function deleteNext(cursor: Cursor) {
    const guard = await opening
    return deleteBatch(
      deps,
      guard.isTrusted() || cursor.table > CAPS_CURSOR.table ? cursor : CAPS_CURSOR,
      onUserDeleted,
    )
  }
}
