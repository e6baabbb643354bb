import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { canonicalEmail } from '@/lib/email-address'
import { hasSecondFactor, isTwoStepOn } from '@/model/factors/assurance'
import { hasFirstFactor } from '@/model/factors/step-up'
import { unlockCodes } from '@/model/limits/code-attempts'
import { findKnownDevice } from '@/model/limits/known-devices'
import { clearFailuresOfLogin } from '@/model/limits/login-attempts'
import type { Client, Session, SessionLookup, User } from '@/model/types'
import { endSeries } from '@/model/sessions/end'
import { findSeriesLifetime, startSeries, type RememberToken } from '@/model/sessions/remember-series'
import { recordEvent } from '@/model/security-events/security-events'
import { rotateAfterReauthentication, type Proof } from '@/model/sessions/rotate'
import { cancelFactorReset } from './factors/cancel-factor-reset'
import { canRemember } from './start-login'
import { rememberBrowser } from './factors/trusted-browsers'

export type RenewOptions = Proof & {
  remember?: boolean
  /** In milliseconds. Used if the session had no remember series. */
  rememberFor: number
  /** Whether this browser may skip the second step from now on. */
  startsTrust?: boolean
  /** The hit of the limit `login` that the whole login refunds. */
  loginHitId?: string
  /** Uses the factor up. Nothing else happens unless it returns a value. */
  use?: (deps: Deps) => Promise<unknown>
  inSameTransaction?: (deps: Deps) => Promise<unknown>
}

export type Renewed = { session: Session; sessionToken: string; deviceToken?: string; rememberToken?: RememberToken }

/** `isUsed`: another request used the factor first. */
type RenewResult = ({ kind: 'renewed' } & Renewed) | { kind: 'second-step' } | { kind: 'rejected'; isUsed: boolean }

/**
 * Rejected without any change if the session ended, the password or the factors changed, another request was first, or the
 * methods do not fit. `second-step`: a first factor is not enough for this session.
 */
export const renewLogin = (
  deps: Deps,
  sessionLookup: SessionLookup,
  client: Client,
  options: RenewOptions,
): Promise<RenewResult> =>
  inTransaction(
    deps,
    async (deps): Promise<RenewResult> => {
      if (options.use && !(await options.use(deps))) return { kind: 'rejected', isUsed: true }
      const rotated = await rotateAfterReauthentication(deps, sessionLookup, client, options)
      if (rotated.kind !== 'rotated') throw new NotRenewed(rotated.kind)
      await options.inSameTransaction?.(deps)
      return { kind: 'renewed', ...(await finish(deps, rotated, sessionLookup.user, client, options)) }
    },
    { locks: userLocks(sessionLookup.user) },
  ).catch((error: unknown) => {
    if (!(error instanceof NotRenewed)) throw error
    return error.reason === 'second-step' ? { kind: 'second-step' } : { kind: 'rejected', isUsed: false }
  })

/** Rolls the transaction back, so that the factor is not used up. */
class NotRenewed extends Error {
  constructor(readonly reason: 'second-step' | 'rejected') {
    super(reason)
  }
}

async function finish(
  deps: Deps,
  { session, token: sessionToken }: { session: Session; token: string },
  user: User,
  client: Client,
  { methods, startsTrust, loginHitId, remember, rememberFor }: RenewOptions,
): Promise<Renewed> {
  const reauthenticated = { kind: 'reauthenticated', userId: user.id, sessionId: session.id } as const
  await recordEvent(deps, { ...reauthenticated, amr: session.amr }, client)
  if (isTwoStepOn(user) && hasFirstFactor(methods)) await clearFailuresOfLogin(deps, user.email, client, loginHitId)
  if (methods.includes('passkey')) await unlockCodes(deps, user)
  if (hasSecondFactor(methods)) await cancelFactorReset(deps, user, user.id, client)
  const deviceToken = (await mayKnowBrowser(deps, user, client, methods))
    ? await rememberBrowser(deps, user, session, client, startsTrust)
    : undefined
  const rememberToken = remember && canRemember(session) ? await restartSeries(deps, session, rememberFor) : undefined
  return { session, sessionToken, deviceToken, rememberToken }
}

/**
 * A new known device begins a new count of wrong codes. With a stale session and the password, an attacker could begin one
 * after each idle period, so it needs a second factor.
 */
const mayKnowBrowser = async (deps: Deps, user: User, { deviceToken }: Client, methods: Proof['methods']) =>
  !isTwoStepOn(user) ||
  hasSecondFactor(methods) ||
  (await findKnownDevice(deps, canonicalEmail(user.email) ?? '', deviceToken)) !== undefined

async function restartSeries(deps: Deps, session: Session, rememberFor: number) {
  const rememberToken = await startSeries(deps, session, (await findSeriesLifetime(deps, session)) ?? rememberFor)
  if (session.series_id) await endSeries(deps, session.user_id, session.series_id, 'logout')
  return rememberToken
}
