import type { EndReason, Session, User } from '@/model/types'
import { isFirstFactor, isSecondFactor, isTwoStepOn, parseAmr, type Amr } from './assurance'

/** The factors of an account. Passkeys of another domain and blocked ones do not count. */
export type Factors = {
  /** Passkeys that verify the user: one of them is two factors. */
  passkeys: number
  /** Passkeys that only prove presence: a second factor. */
  securityKeys: number
  /** Confirmed authenticator apps. */
  apps: number
  codesLeft: number
  hasPassword: boolean
  /** Names of connected sites. */
  providers: readonly string[]
  isTwoStep: boolean
}

type Lookup = { session: Session; user: Pick<User, 'two_step_enabled_at'>; reason?: EndReason }

export type StepUpClock = { now: number; fresh: number; max: number }

/** `second-step`: the methods are right, and a second factor must follow. `rejected`: they do not fit this session. */
export type StepUp =
  | {
      kind: 'enough'
      /** All methods of the session from now on. */
      amr: Amr
      secondFactorAt: number | null
      /** Start of the absolute limit. */
      authenticatedAt: number
    }
  | { kind: 'second-step' }
  | { kind: 'rejected' }

const isYounger = (at: number | null, age: number, { now }: StepUpClock) => at !== null && now - at < age

/**
 * After inactivity, one factor and the secret of the session are enough (NIST SP 800-63B-4, section 2.2.3), while the second
 * factor counts. After any other end, both factors are needed.
 */
const continuesAfterIdle = ({ reason, session }: Lookup, clock: StepUpClock) =>
  reason === 'idle' && isYounger(session.second_factor_at, clock.max, clock)

/** The state of a session after `methods` were verified. */
export function stepUp(lookup: Lookup, methods: Amr, clock: StepUpClock): StepUp {
  const { session, user, reason } = lookup
  const isFirst = hasFirstFactor(methods)
  const isSecond = methods.includes('passkey') || methods.some(isSecondFactor)
  const before = parseAmr(session)
  if (!isFirst && !(reason === undefined && hasFirstFactor(before))) return { kind: 'rejected' }

  const lacksSecond = isTwoStepOn(user) && !isSecond
  const continues = continuesAfterIdle(lookup, clock)
  const isRecent = reason === undefined ? isYounger(session.second_factor_at, clock.fresh, clock) : continues
  const isTrusted = reason !== undefined && methods.includes('trusted-browser')
  if (lacksSecond && !isRecent && !isTrusted) return { kind: 'second-step' }

  const isKept = reason === undefined || continues
  return {
    kind: 'enough',
    amr: isKept ? [...before.filter((method) => !isReplaced(method, isSecond)), ...methods] : methods,
    secondFactorAt: isSecond ? clock.now : isKept ? session.second_factor_at : null,
    // A code alone does not restart the absolute limit (NIST SP 800-63B-4, section 5.2). A password after inactivity
    // restarts it from the second factor, so that none counts longer than the limit.
    authenticatedAt: !isFirst
      ? session.authenticated_at
      : lacksSecond && continues
        ? (session.second_factor_at ?? clock.now)
        : clock.now,
  }
}

export const hasFirstFactor = (amr: Amr) => amr.some((method) => method === 'passkey' || isFirstFactor(method))

/** Weaker methods of a session that a stronger one replaces. */
const isReplaced = (method: Amr[number], isSecond: boolean) =>
  method === 'remember-me' || (method === 'trusted-browser' && isSecond)

export type StepUpMethod = 'passkey' | 'app-code' | 'recovery-code' | 'password'

/** The methods that the re-login page offers, in this order. `isFresh`: a page asks for a second factor, not for freshness. */
export function stepUpMethods(lookup: Lookup, factors: Factors, isFresh: boolean): readonly StepUpMethod[] {
  const passkey = factors.passkeys > 0 ? (['passkey'] as const) : []
  const password = factors.hasPassword ? (['password'] as const) : []
  const canUseCode = lookup.reason === undefined && hasFirstFactor(parseAmr(lookup.session))
  if (!canUseCode || (!factors.isTwoStep && !isFresh)) return [...passkey, ...password]
  const app = factors.apps > 0 ? (['app-code'] as const) : []
  const recovery = factors.codesLeft > 0 ? (['recovery-code'] as const) : []
  // A security key must follow a first factor, and its user should not use up recovery codes instead.
  const isSecurityKeyOnly = passkey.length + app.length === 0 && factors.securityKeys > 0
  const codes = [...passkey, ...app, ...recovery]
  return isSecurityKeyOnly || codes.length === 0 ? password : codes
}

/** Recovery codes do not count: they only replace one of these. */
export const secondFactorCount = ({
  apps,
  passkeys,
  securityKeys,
}: Pick<Factors, 'apps' | 'passkeys' | 'securityKeys'>) => apps + passkeys + securityKeys

/** Whether the words of a page may name the password: the user has no other way to confirm. */
export const hasPasswordOnly = ({ hasPassword, isTwoStep, passkeys }: Factors) =>
  hasPassword && !isTwoStep && passkeys === 0

/** Whether an account can reach two factors in a session that has one. */
export const canAddSecondFactor = ({ isTwoStep, passkeys, apps }: Factors) => isTwoStep || passkeys > 0 || apps > 0
