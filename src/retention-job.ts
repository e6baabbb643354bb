import type { Deps } from './deps/deps'
import { minutes } from './lib/duration'
import { base64url } from './lib/encoding'
import { acquireLease, releaseLease, RENEW_INTERVAL } from './model/leases/leases'
import { openClockGuard } from './model/retention/clock-guard'
import { CAPS_CURSOR, deleteBatch, FIRST_CURSOR, type Cursor, type OnUserDeleted } from './model/retention/retention'

const BATCH_PAUSE_MS = 50 // a batch takes 1 to 2 ms, so the job uses a few percent of the time
const INTERVAL = minutes(10)
const LEASE_NAME = 'retention'

/**
 * One process of all with this database runs the job. It keeps the lease between the runs; another process runs the job
 * soon after this one has ended. Batches follow each other after a pause. A finished or failed run starts again after
 * `INTERVAL`. While the clock is not trusted, only the caps apply, which do not depend on it. Resolves when the job has
 * stopped, after `signal`.
 */
export function startRetentionJob(deps: Deps, signal: AbortSignal, onUserDeleted?: OnUserDeleted): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const holder = base64url(deps.random(16))
  let opening = openClockGuard(deps)
  opening.catch(() => undefined) // `deleteNext` tries again
  let cursor = FIRST_CURSOR
  let dueAt = deps.uptime() + INTERVAL
  let running = Promise.resolve()
  let timer = setTimeout(run, RENEW_INTERVAL)
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    const release = () => releaseLease(deps, LEASE_NAME, holder).catch(() => undefined) // then it expires
    void running.then(release).then(resolve)
  })
  return promise

  function run() {
    running = work()
      .catch((error: unknown) => {
        logError(error)
        return finishRun()
      })
      .then((pause) => {
        if (!signal.aborted) timer = setTimeout(run, pause)
      })
  }

  /** Returns the pause after it. */
  async function work() {
    if (!(await acquireLease(deps, LEASE_NAME, holder))) cursor = FIRST_CURSOR
    else if (deps.uptime() >= dueAt) {
      const next = await deleteNext(cursor)
      if (!next) return finishRun()
      cursor = next
      return BATCH_PAUSE_MS
    }
    return RENEW_INTERVAL
  }

  function finishRun() {
    cursor = FIRST_CURSOR
    dueAt = deps.uptime() + INTERVAL
    return RENEW_INTERVAL
  }

  async function deleteNext(cursor: Cursor) {
    const guard = await opening.catch(() => (opening = openClockGuard(deps)))
    return deleteBatch(
      deps,
      guard.isTrusted() || cursor.table > CAPS_CURSOR.table ? cursor : CAPS_CURSOR,
      onUserDeleted,
    )
  }

  function logError(error: unknown) {
    deps.log.error({ err: error }, 'retention batch failed')
  }
}
