import type { Deps } from '@/deps'
import { seconds } from '@/lib/durations'
import { findTimeLeft } from '@/model/live-sessions'
import type { Session } from '@/model/sessions'

/** For a page, in whole seconds: it is never told that the session lasts longer than it does. */
export function secondsLeft(deps: Deps, session: Session) {
  const { idle, absolute } = findTimeLeft(deps, session)
  return { idle: Math.floor(idle / seconds(1)), absolute: Math.floor(absolute / seconds(1)) }
}
