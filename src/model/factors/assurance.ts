import type { Session, User } from '@/model/types'

/** How a user can prove the account at a login. An external identity names its provider. */
export type FirstFactor = 'password' | 'passkey' | 'email-code' | `external:${string}`

export type SecondFactor = 'totp' | 'recovery-code' | 'security-key'

/** The authentication methods of RFC 8176, under names of our own. `passkey` verified the user, `security-key` did not. */
export type Method = FirstFactor | SecondFactor | 'trusted-browser' | 'remember-me'

export type Amr = readonly Method[]

/** 0: restored by remember-me. 1: one factor. 2: two factors, or a passkey that verified the user (NIST SP 800-63B-4). */
export type AssuranceLevel = 0 | 1 | 2

export const isSecondFactor = (method: string): method is SecondFactor =>
  ['totp', 'recovery-code', 'security-key'].includes(method)

/** Those that need a second factor. A passkey that verified the user is both. */
export const isFirstFactor = (method: string): method is Exclude<FirstFactor, 'passkey'> =>
  ['password', 'email-code'].includes(method) || method.startsWith('external:')

/** For `sessions.amr`: sorted and separated by spaces, each method once. */
export const formatAmr = (methods: Amr) => [...new Set(methods)].toSorted().join(' ')

export const parseAmr = ({ amr }: Pick<Session, 'amr'>): Amr => amr.split(' ').filter(isMethod)

const OTHERS: readonly string[] = ['passkey', 'trusted-browser', 'remember-me']

const isMethod = (text: string): text is Method => isFirstFactor(text) || OTHERS.includes(text) || isSecondFactor(text)

export function assuranceLevelOf(amr: Amr): AssuranceLevel {
  if (amr.includes('passkey')) return 2
  if (!amr.some(isFirstFactor)) return 0
  return amr.some(isSecondFactor) ? 2 : 1
}

/** Whether the user showed a second factor, also without a first one. */
export const hasSecondFactor = (amr: Amr) => amr.includes('passkey') || amr.some(isSecondFactor)

export type MfaPolicy = 'optional' | 'required-for-admins' | 'required'

type Account = Pick<User, 'role' | 'two_step_enabled_at'>

export const isTwoStepOn = ({ two_step_enabled_at }: Pick<User, 'two_step_enabled_at'>) => two_step_enabled_at !== null

export const isSecondFactorRequired = (policy: MfaPolicy, { role }: Pick<User, 'role'>) =>
  policy === 'required' || (policy === 'required-for-admins' && role !== 'user')

/**
 * The factor that a login with these methods still needs. Every way to log in asks this function, so that none forgets the second step
 * (ASVS 5.0, 6.3.4). `set-up`: the login may start a session that can only add a factor. `isSatisfied`: the account has no
 * password, and its passkeys verify the user.
 */
export function missingFactor(
  user: Account,
  amr: Amr,
  policy: MfaPolicy,
  { isSatisfied = false }: { isSatisfied?: boolean } = {},
): 'none' | 'second-factor' | 'set-up' {
  if (isTwoStepOn(user))
    return assuranceLevelOf(amr) === 2 || amr.includes('trusted-browser') ? 'none' : 'second-factor'
  return isSecondFactorRequired(policy, user) && !isSatisfied ? 'set-up' : 'none'
}
