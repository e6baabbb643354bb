import { inTransaction, type Deps } from '@/deps'
import { SET_BACK } from '@/model/live-sessions'
import { endSessionsFromLater } from '@/model/session-ends'

/**
 * Looks at the clock at the start and with each request, and ends what was used later than it says once it was set back:
 * else a session from before would come to life again when the clock gets there.
 */
export function createClockWatch(deps: Deps) {
  let latest = deps.now()
  endLater(latest)
  return function look() {
    const at = deps.now()
    const back = latest - at
    latest = back > SET_BACK ? at : Math.max(latest, at)
    if (back <= SET_BACK) return
    deps.log.error({ ms: back }, 'the clock was set back')
    endLater(at)
  }

  function endLater(at: number) {
    const end = (deps: Deps) => endSessionsFromLater(deps, at)
    inTransaction(deps, end, { isLasting: false }) // what a power cut undoes the next start does
      .catch((error: unknown) => deps.log.error({ err: error }, 'sessions may live on'))
  }
}
