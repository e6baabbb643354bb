import type { Deps } from '@/deps/deps'
import { accountLocks, userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { SessionOrigin } from '@db/session-tables'
import { hasSecondFactor, isTwoStepOn, type Amr } from '@/model/factors/assurance'
import type { Client, Session, User } from '@/model/types'
import { discardSavedRequests } from '@/model/saved-requests/saved-requests'
import type { BrowserSecrets } from './end-login'
import { forgetRememberedDevice } from '@/model/sessions/remember-me'
import { unlockCodes } from '@/model/limits/code-attempts'
import { clearFailuresOfLogin } from '@/model/limits/login-attempts'
import { startSeries } from '@/model/sessions/remember-series'
import { findUseOfBrowser } from '@/model/security-events/event-list'
import { recordEvent } from '@/model/security-events/security-events'
import { cancelFactorReset } from './factors/cancel-factor-reset'
import { replaceSecondStep } from './factors/second-step'
import { rememberBrowser } from './factors/trusted-browsers'
import { endSeries, endSession } from '@/model/sessions/end'
import { startSession } from '@/model/sessions/sessions'

export type StartOptions = {
  previous?: Session
  /** In milliseconds; undefined if the browser is not remembered. */
  rememberFor?: number
  isFresh: boolean
  /** How the user authenticated. */
  amr: Amr
  passkeyId?: string
  /** By default now. */
  secondFactorAt?: number
  isForced?: boolean
  /** Whether this browser may skip the second step from now on. */
  startsTrust?: boolean
  /** The hit of the limit `login` that the whole login refunds. */
  loginHitId?: string
  /** False rejects the login. */
  inSameTransaction?: (deps: Deps) => Promise<boolean>
}

/** Returns undefined and changes nothing if the user was deactivated or the password changed since `user` was read. */
export const startLogin = (deps: Deps, user: User, client: Client, secrets: BrowserSecrets, options: StartOptions) =>
  inTransaction(deps, (deps) => start(deps, user, client, secrets, options), {
    locks: loginLocks(user, options.previous),
    durable: false, // after a power cut the user logs in again
  })

/** `previous`: the session that this browser had, perhaps of another user. */
export const loginLocks = (user: Pick<User, 'id' | 'email'>, previous?: Pick<Session, 'user_id'>) => [
  ...userLocks(user),
  ...accountLocks(previous?.user_id),
]

async function start(
  deps: Deps,
  user: User,
  client: Client,
  { rememberToken, pendingToken, savedRequestSecret }: BrowserSecrets,
  {
    previous,
    rememberFor,
    isFresh,
    amr,
    passkeyId,
    secondFactorAt,
    isForced,
    startsTrust,
    loginHitId,
    inSameTransaction,
  }: StartOptions,
) {
  if (inSameTransaction && !(await inSameTransaction(deps))) return undefined
  const started = await startSession(deps, user, client, {
    origin: originOf(amr),
    amr,
    isFresh,
    passkeyId,
    secondFactorAt,
    isForced,
  })
  if (!started) return undefined
  const { session, token: sessionToken } = started
  if (previous) await endPreviousSession(deps, previous)
  await forgetRememberedDevice(deps, rememberToken, client)
  if (pendingToken !== undefined) await replaceSecondStep(deps, pendingToken, user)
  const endedSavedRequests = await discardSavedRequests(deps, savedRequestSecret, user)
  const remembered = rememberFor !== undefined && canRemember(session)
  await recordLogin(deps, session, client, remembered)
  if (isTwoStepOn(user)) await clearFailuresOfLogin(deps, user.email, client, loginHitId)
  if (amr.includes('passkey')) await unlockCodes(deps, user)
  if (hasSecondFactor(amr)) await cancelFactorReset(deps, user, user.id, client)
  return {
    session,
    sessionToken,
    endedSavedRequests,
    deviceToken: isFresh ? await rememberBrowser(deps, user, session, client, startsTrust) : undefined,
    rememberToken: remembered ? await startSeries(deps, session, rememberFor) : undefined,
  }
}

const originOf = (amr: Amr): SessionOrigin =>
  amr.includes('passkey') ? 'passkey' : amr.includes('email-code') ? 'email-code' : 'password'

/** Copies of the previous cookies must not stay valid after the login. */
async function endPreviousSession(deps: Deps, session: Session) {
  await endSession(deps, session, 'logout')
  if (session.series_id) await endSeries(deps, session.user_id, session.series_id, 'logout')
}

/** False for a forced login of a deactivated account: that account cannot restore a session. */
export const canRemember = ({ forced_at }: Session) => forced_at === null

async function recordLogin(deps: Deps, session: Session, client: Client, remembered: boolean) {
  const login = { userId: session.user_id, sessionId: session.id }
  const { isKnown, lastId } = await findUseOfBrowser(deps, session.user_id, client.userAgent)
  const how = session.started_by === 'email-code' ? ({ how: 'email-code' } as const) : {}
  await recordEvent(deps, { kind: 'logged-in', ...login, remembered, amr: session.amr, ...how }, { ...client, lastId })
  if (!isKnown) await recordEvent(deps, { kind: 'new-device', ...login }, client)
}
