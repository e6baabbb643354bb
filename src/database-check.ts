import type { Deps } from './deps/deps'
import { seconds } from './lib/duration'

const INTERVAL = seconds(1)
const ADVICE = 'All changes are refused. Put the file back, or restore a backup and restart the server.'

/** Logs once that the files of the database were deleted or replaced. Each write checks it again and fails. */
export function startDatabaseCheck({ databaseError, log }: Pick<Deps, 'databaseError' | 'log'>, signal: AbortSignal) {
  let last: string | undefined
  const timer = setInterval(check, INTERVAL)
  signal.addEventListener('abort', () => clearInterval(timer))

  function check() {
    const error = databaseError()
    if (error !== last && error) log.error({}, `database check failed: ${error}. ${ADVICE}`)
    if (error !== last && !error) log.info({}, 'database check passed: the file is back')
    last = error
  }
}
