import type { Deps } from '@/deps/deps'
import { seconds } from '@/lib/duration'
import { expiresAt } from '@/model/sessions/expiry'
import type { Session } from '@/model/types'

/** Whole seconds, rounded down, so that a page never overstates the time left. */
export function secondsLeft(deps: Deps, session: Session) {
  const { idle, absolute } = expiresAt(deps, session)
  const at = deps.now()
  const until = (end: number) => Math.max(0, Math.floor((end - at) / seconds(1)))
  return { idle: until(idle), absolute: until(absolute) }
}

/** For the session timeout script of a page. */
export const sessionTimeoutProps = (deps: Deps, session: Session, reloginPath: string) => ({
  userId: session.user_id,
  now: deps.now(),
  ...secondsLeft(deps, session),
  isRemembered: session.series_id !== null,
  reloginPath,
})
