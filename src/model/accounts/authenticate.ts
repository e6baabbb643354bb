import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { AuthResult, Client, PasswordResult, User } from '@/model/types'
import { canonicalEmail } from '@/lib/email-address'
import { enqueueLockNotice } from '@/model/notifications/notifications'
import { recordFailedLogin } from '@/model/security-events/failed-logins'
import { clearFailures, cancelAttempt, startAttempt, type LoginAttempt } from '@/model/limits/login-attempts'
import { isTwoStepOn } from '@/model/factors/assurance'
import { hashPassword, matchPassword, needsRehash } from '@/model/passwords/hash'
import { confirm } from '@/model/limits/rate-limits'
import { userColumns } from '@/model/users/columns'

type UserWithHash = User & Pick<Schema['users'], 'password_hash' | 'deactivated_at' | 'secured_at' | 'deletion_at'>

const UNKNOWN_CLIENT: Client = { fingerprint: '', userAgent: '', ip: '' }

/** Time and limits are the same for unknown, deactivated and secured accounts as for a wrong password. */
export async function authenticate(
  deps: Deps,
  email: string,
  password: string,
  client = UNKNOWN_CLIENT,
): Promise<AuthResult> {
  const canonical = canonicalEmail(email)
  if (canonical === undefined) {
    deps.emit({ kind: 'login-failed', reason: 'unknown-email' })
    return { kind: 'invalid' } // without a hash: an invalid email address reveals no account
  }
  const credentials = selectCredentials(deps).where('canonical_email', '=', canonical)
  const result = await attempt(deps, canonical, password, client, credentials)
  return result.kind === 'ok' && loginNeedsVerification(deps, result.user)
    ? { kind: 'unverified', user: result.user, loginHitId: result.loginHitId }
    : result
}

/** Only for a new login: sessions that exist continue. */
export const loginNeedsVerification = ({ config }: Deps, { email_verified_at }: Pick<User, 'email_verified_at'>) =>
  config.emailVerification === 'required' && email_verified_at === null

/** For a user who is already identified. The limits of `authenticate` apply. */
export const verifyPassword = (
  deps: Deps,
  user: User,
  password: string,
  client = UNKNOWN_CLIENT,
): Promise<PasswordResult> =>
  attempt(deps, canonicalEmail(user.email) ?? '', password, client, selectCredentials(deps).where('id', '=', user.id))

const selectCredentials = ({ db }: Deps) =>
  db.selectFrom('users').select(userColumns).select(['password_hash', 'deactivated_at', 'secured_at', 'deletion_at'])

async function attempt(
  deps: Deps,
  canonical: string,
  password: string,
  client: Client,
  query: { executeTakeFirst(): Promise<UserWithHash | undefined> },
): Promise<PasswordResult> {
  const started = await startAttempt(deps, canonical, client)
  if (started.kind === 'rate-limited') return started
  const user = await query.executeTakeFirst()
  const match = await matchUser(deps, user, password, client).catch(async (error: unknown) => {
    await cancelAttempt(deps, started)
    throw error
  })
  if (user && match.text !== undefined) return completeAttempt(deps, started, user, match.text)
  const failure = await recordFailure(deps, canonical, client, started, user)
  if (match.error !== undefined) throw match.error
  return failure
}

/** Returns the user as read before the hash was verified, so that callers notice a change since then. */
async function completeAttempt(
  deps: Deps,
  attempt: LoginAttempt,
  userWithHash: UserWithHash,
  password: string,
): Promise<PasswordResult> {
  const { password_hash, deactivated_at, secured_at, deletion_at, ...user } = userWithHash
  if (isTwoStepOn(user)) {
    const { hitId: loginHitId, ...uncounted } = attempt
    await cancelAttempt(deps, uncounted)
    if (deletion_at === null) return { kind: 'ok', user, password, loginHitId }
    if (loginHitId !== undefined) await confirm(deps, loginHitId) // each of these logins may begin a second step
    return { kind: 'deletion-scheduled', user }
  }
  await inTransaction(deps, (deps) => clearFailures(deps, attempt), { locks: [attempt.lock], durable: false })
  return deletion_at === null ? { kind: 'ok', user, password } : { kind: 'deletion-scheduled', user }
}

/** Every failure costs as many hashes for an unknown, deactivated or secured account as for a wrong password. */
async function matchUser(deps: Deps, user: UserWithHash | undefined, password: string, { source }: Client) {
  const isActive = user?.deactivated_at === null && user.secured_at === null && !isDue(deps, user)
  const stored = { userId: user?.id, hash: isActive ? user.password_hash : null }
  const match = await matchPassword(deps, password, stored, source)
  if (isActive && match.text !== undefined && needsRehash(deps, stored.hash))
    await rehash(deps, user, match.text, source)
  return match
}

/** The account counts as deleted, although the deletion may take a few more minutes. */
const isDue = ({ now }: Deps, { deletion_at }: UserWithHash) => deletion_at !== null && deletion_at <= now()

async function rehash(deps: Deps, user: UserWithHash, password: string, source?: string) {
  const password_hash = await hashPassword(deps, password, source)
  await deps.db
    .updateTable('users')
    .set({ password_hash })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .execute()
}

function reasonOf(user?: Pick<UserWithHash, 'deactivated_at' | 'secured_at'>) {
  if (!user) return 'unknown-email'
  if (user.deactivated_at !== null) return 'deactivated'
  return user.secured_at === null ? 'wrong-password' : 'secured'
}

/** Runs the same statements for every reason, so that time does not reveal it. Only logs and listeners learn the reason. */
export const recordFailure = (
  deps: Deps,
  canonical: string,
  client: Client,
  attempt?: LoginAttempt,
  user?: Pick<UserWithHash, 'id' | 'deactivated_at' | 'secured_at'>,
): Promise<{ kind: 'invalid' }> =>
  inTransaction(
    deps,
    async (deps) => {
      const reason = reasonOf(user)
      await recordFailedLogin(deps, canonical, 'wrong-password', client)
      deps.emit({ kind: 'login-failed', reason, userId: user?.id })
      if (attempt?.hitId !== undefined) await confirm(deps, attempt.hitId)
      if (attempt?.locksAccount) {
        await recordFailedLogin(deps, canonical, 'account-locked', client)
        await enqueueLockNotice(deps, canonical, client)
      }
      if (attempt?.locksAccount && user) deps.emit({ kind: 'account-locked', userId: user.id })
      return { kind: 'invalid' }
    },
    { locks: [emailLock(canonical)], durable: false },
  )
