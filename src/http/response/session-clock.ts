import type { Deps } from '@/deps/deps'
import { seconds } from '@/lib/duration'
import { expiresAt } from '@/model/sessions/expiry'
import type { Session } from '@/model/types'

/** For a page, in whole seconds: it is never told that the session lasts longer than it does. */
export function secondsLeft(deps: Deps, session: Session) {
  const { idle, absolute } = expiresAt(deps, session)
  const at = deps.now()
  const until = (end: number) => Math.max(0, Math.floor((end - at) / seconds(1)))
  return { idle: until(idle), absolute: until(absolute) }
}

/** What a page has to know of the session that it was made for, so that its script can watch over it. */
export const sessionTimeoutProps = (deps: Deps, session: Session, reloginPath: string) => ({
  userId: session.user_id,
  ...secondsLeft(deps, session),
  isRemembered: session.series_id !== null,
  reloginPath,
})
