import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { endSeries, endSession } from '@/model/sessions/end'
import { rotateToken } from '@/model/sessions/rotate'
import { restoreSession } from '@/model/sessions/remember-me'
import { seriesIdOf } from '@/model/sessions/remember-series'
import type { Client, SessionLookup } from '@/model/types'
import { recordClientChange, findSession, shouldExtend, extendSession, wasReplaced } from '@/model/sessions/sessions'
import { isWellFormedToken } from '@/lib/random-token'
import { setFlash } from '@/http/response/flash'
import { setRememberCookie } from './login-cookies'
import type { Auth } from '@/http/types/auth'
import type { Cookies } from '@/http/types/cookies'

export function lookUpSession({ deps }: Auth, cookies: Cookies, options?: { isReadOnly: boolean }) {
  const token = cookies.get('session')
  return token && isWellFormedToken(token) ? findSession(deps, token, options) : Promise.resolve(undefined)
}

/** Whether a remember token may start a session, whether a user sees the response, and whether the request only reads. */
type SessionOptions = { restore: boolean; isSeen: boolean; isRead: boolean }

export async function loadSession(
  auth: Auth,
  cookies: Cookies,
  client: Client,
  { restore, isSeen, isRead }: SessionOptions,
) {
  const found = await lookUpSession(auth, cookies)
  const sessionLookup = found?.kind === 'active' ? await applySessionProtection(auth, found, client) : found
  if (sessionLookup?.kind === 'active') {
    if (isRead) dropMismatchedRememberCookie(cookies, sessionLookup) // a login or logout clears it after its commit
    return applyUserLoader(auth, cookies, sessionLookup)
  }
  if (sessionLookup?.reason === 'theft' && isSeen) {
    setFlash(auth, cookies, 'theft')
    cookies.clear('session') // the end is reported once, not on each page
  }
  // If the account was deactivated directly in the database, its series is still active.
  if (sessionLookup?.reason === 'deactivated' && sessionLookup.session.series_id)
    await endSeries(auth.deps, sessionLookup.session.user_id, sessionLookup.session.series_id, 'deactivated')
  const restored = restore ? await restoreFromRememberCookie(auth, cookies, client) : undefined
  if (restored === 'theft') return undefined
  return restored ? applyUserLoader(auth, cookies, restored) : sessionLookup
}

/** SESSION_PROTECTION: handles a session token from another client. */
function applySessionProtection(
  { deps, protection }: Auth,
  sessionLookup: SessionLookup,
  client: Client,
): SessionLookup | Promise<SessionLookup> {
  const { session } = sessionLookup
  if (protection === 'off' || session.fingerprint === client.fingerprint) return sessionLookup
  return inTransaction(
    deps,
    async (deps) => {
      const changed = { ...sessionLookup, session: await recordClientChange(deps, session, client) }
      if (protection === 'basic') return changed
      await endSession(deps, session, 'theft')
      if (session.series_id) await endSeries(deps, session.user_id, session.series_id, 'theft')
      return { ...sessionLookup, kind: 'ended', reason: 'theft' }
    },
    { locks: [accountLock(session.user_id)] },
  )
}

/** The session takes precedence over a remember token of another series or user. */
function dropMismatchedRememberCookie(cookies: Cookies, { session }: SessionLookup) {
  const token = cookies.get('remember')
  if (token && seriesIdOf(token) !== session.series_id) cookies.clear('remember')
}

/** Ends the session if the app's `findUser` does not return the user. */
async function applyUserLoader(
  { deps, findUser }: Auth,
  cookies: Cookies,
  sessionLookup: SessionLookup,
): Promise<SessionLookup | undefined> {
  if (!findUser || sessionLookup.kind === 'ended') return sessionLookup
  const user = await findUser(sessionLookup.user)
  if (user) return { ...sessionLookup, user }
  const { session } = sessionLookup
  await inTransaction(
    deps,
    async (deps) => {
      await endSession(deps, session, 'revoked')
      if (session.series_id) await endSeries(deps, session.user_id, session.series_id, 'revoked')
    },
    { locks: [accountLock(session.user_id)] },
  )
  for (const name of ['session', 'remember'] as const) cookies.clear(name)
  return undefined
}

/** User activity extends the session, and rotates its token after a role change. */
export function extendIfDue({ deps }: Auth, cookies: Cookies, sessionLookup: SessionLookup, client: Client) {
  const isDue = shouldExtend(deps, sessionLookup.session) || sessionLookup.session.rotation_due_at !== null
  return isDue ? extend(deps, cookies, sessionLookup, client) : sessionLookup
}

async function extend(
  deps: Deps,
  cookies: Cookies,
  sessionLookup: SessionLookup,
  client: Client,
): Promise<SessionLookup> {
  const session = await extendSession(deps, sessionLookup.session, client)
  const extended = { ...sessionLookup, session }
  if (session.rotation_due_at === null) return extended
  const rotated = await rotateToken(deps, session)
  if (!rotated) return extended
  cookies.set('session', rotated.token)
  return { ...sessionLookup, session: rotated.session }
}

async function restoreFromRememberCookie(
  auth: Auth,
  cookies: Cookies,
  client: Client,
): Promise<SessionLookup | 'theft' | undefined> {
  const remember = cookies.get('remember')
  if (!remember) return undefined
  const restored = await restoreSession(auth.deps, remember, client)
  if (restored.kind === 'restored') {
    const sessionLookup = await applySessionProtection(auth, restored.sessionLookup, client)
    if (sessionLookup.kind === 'ended') return sessionLookup
    if (restored.sessionToken) cookies.set('session', restored.sessionToken)
    setRememberCookie(auth.deps, cookies, restored.rememberToken)
    return sessionLookup
  }
  if (restored.kind === 'unknown') {
    if (!(await wasReplaced(auth.deps, cookies.get('session')))) cookies.clear('remember')
    return undefined
  }
  cookies.clear('remember')
  setFlash(auth, cookies, 'theft')
  cookies.clear('session') // another person may use this browser, so the next page is a full login
  return 'theft'
}
