import type { Deps } from './deps/deps'
import { minutes } from './lib/duration'
import { deleteBatch, type Cursor } from './model/retention/retention'

const BATCH_PAUSE_MS = 50 // milliseconds, so that a batch of one or two takes a few hundredths of the time
const INTERVAL = minutes(10)
const FIRST_CURSOR: Cursor = { table: 0, after: '' }

/**
 * Sweeps as long as the server runs: a batch, a pause in which everybody else has their turn, and once all is swept a rest.
 * A fault is told, and the next round begins anew.
 */
export function startRetentionJob(deps: Deps, until: AbortSignal) {
  let timer = setTimeout(runBatch, INTERVAL, FIRST_CURSOR)
  until.addEventListener('abort', () => clearTimeout(timer))

  async function runBatch(place: Cursor) {
    const next = await deleteBatch(deps, place).catch((error: unknown) =>
      deps.log.error({ err: error }, 'sweeping failed'),
    )
    if (!until.aborted) timer = setTimeout(runBatch, next ? BATCH_PAUSE_MS : INTERVAL, next ?? FIRST_CURSOR)
  }
}
