import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { isFirstFactor, parseAmr, type SecondFactor } from '@/model/factors/assurance'
import { consumePendingLogin, findPendingLogin, type PendingLogin } from '@/model/pending-logins/pending-logins'
import type { Client, SessionLookup, Session, User } from '@/model/types'
import { findUser } from '@/model/users/users'
import type { LoginProof } from './verify-email'
import { loginNeedsVerification } from './authenticate'
import type { BrowserSecrets } from './end-login'
import { renewLogin, type RenewOptions } from './renew-login'
import { cancelDeletion } from './request-deletion'
import { loginLocks, startLogin } from './start-login'

export type SecondStep = {
  method: SecondFactor | 'passkey'
  passkeyId?: string
  /** Whether this browser may skip the second step from now on. */
  trust?: boolean
  /** Uses the factor up. Nothing else happens unless it returns a value. */
  use(deps: Deps): Promise<unknown>
}

export type CompletedLogin = {
  session: Session
  /** The session of a re-login goes on, with its remember series. */
  isRenewed: boolean
  /** The account was scheduled for deletion. */
  isKept: boolean
  sessionToken: string
  endedSavedRequests?: boolean
  deviceToken?: string
  rememberToken?: { value: string; expiresAt: number }
}

type Browser = {
  client: Client
  secrets: BrowserSecrets
  sessionLookup: SessionLookup | undefined
  rememberFor: number
}

export type LoginCompletion =
  | { kind: 'completed'; login: CompletedLogin }
  /** No session starts: the address must be confirmed first. `isKept`: the account was scheduled for deletion. */
  | { kind: 'unverified'; user: User; proof: LoginProof; isKept: boolean }
  /** `isUsed`: another request used the factor first, or the check of it failed at the last moment. */
  | { kind: 'rejected'; isUsed: boolean }

/** Rolls the transaction back, so that the factor is not used up. */
class LoginGone extends Error {}

/**
 * Uses the factor, takes the pending login, and starts or renews the session in one transaction. One of parallel requests gets
 * a session. Durable: a power cut must not make a used code valid again.
 */
export async function completeLogin(
  deps: Deps,
  token: string,
  browser: Browser,
  step: SecondStep,
): Promise<LoginCompletion> {
  const pending = await findPendingLogin(deps, token)
  const user = pending && (await findUser(deps, pending.user_id))
  if (!user) return { kind: 'rejected', isUsed: false }
  return inTransaction(deps, (deps) => complete(deps, token, browser, step), {
    locks: loginLocks(user, browser.sessionLookup?.session),
  }).catch((error: unknown) => {
    if (error instanceof LoginGone) return { kind: 'rejected', isUsed: false }
    throw error
  })
}

async function complete(deps: Deps, token: string, browser: Browser, step: SecondStep): Promise<LoginCompletion> {
  if (!(await findPendingLogin(deps, token))) return { kind: 'rejected', isUsed: false }
  if (!(await step.use(deps))) return { kind: 'rejected', isUsed: true }
  const pending = await consumePendingLogin(deps, token)
  const opened = pending && (await open(deps, pending, browser, step))
  if (!opened) throw new LoginGone()
  return opened
}

async function open(
  deps: Deps,
  pending: PendingLogin,
  { client, secrets, sessionLookup, rememberFor }: Browser,
  { method, passkeyId, trust }: SecondStep,
): Promise<LoginCompletion | undefined> {
  const user = await findUser(deps, pending.user_id)
  if (!user) return undefined
  const isKept = pending.keeps_account === 1
  if (isKept && !(await cancelDeletion(deps, user, user.id, client))) return undefined
  const amr = [...parseAmr({ amr: pending.first_factor }), method]
  const common = { amr, passkeyId, startsTrust: trust, loginHitId: pending.login_hit_id ?? undefined }
  if (sessionLookup && sessionLookup.session.id === pending.follows_session_id)
    return renew(deps, sessionLookup, client, {
      ...common,
      methods: amr,
      remember: pending.remember === 1,
      rememberFor,
    })
  if (loginNeedsVerification(deps, user)) {
    const firstFactor = parseAmr({ amr: pending.first_factor }).find(isFirstFactor)
    return firstFactor && { kind: 'unverified', user, proof: { firstFactor, secondFactor: method, passkeyId }, isKept }
  }
  const started = await startLogin(deps, user, client, secrets, {
    ...common,
    previous: sessionLookup?.kind === 'active' ? sessionLookup.session : undefined,
    rememberFor: pending.remember ? (pending.lifetime ?? rememberFor) : undefined,
    isFresh: true, // a code or a passkey was used just now, whatever the first factor was
    isForced: pending.is_forced === 1,
  })
  return started && { kind: 'completed', login: { ...started, isRenewed: false, isKept } }
}

async function renew(
  deps: Deps,
  sessionLookup: SessionLookup,
  client: Client,
  options: RenewOptions,
): Promise<LoginCompletion | undefined> {
  const renewed = await renewLogin(deps, sessionLookup, client, options)
  return renewed.kind === 'renewed'
    ? { kind: 'completed', login: { ...renewed, isRenewed: true, isKept: false } }
    : undefined
}
