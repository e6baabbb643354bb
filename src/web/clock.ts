import type { Deps } from '@/deps'
import { SET_BACK } from '@/model/live-sessions'
import { endSessionsFromLater } from '@/model/session-ends'

/**
 * Looks at the clock with each request, and ends what was used later than it says once it was set back: else a session
 * from before would come to life again when the clock gets there.
 */
export function createClockWatch(deps: Deps) {
  let latest = -Infinity
  return function look() {
    const at = deps.now()
    const back = latest - at
    latest = back > SET_BACK ? at : Math.max(latest, at)
    if (back <= SET_BACK) return
    deps.log.error({ ms: back }, 'the clock was set back')
    endSessionsFromLater(deps).catch((error: unknown) => deps.log.error({ err: error }, 'sessions may live on'))
  }
}
