import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Client, AuthResult, User } from '@/model/types'
import { canonicalEmail } from '@/model/users/email'
import { recordFailedLogin } from '@/model/security-events/failed-logins'
import { clearFailures, cancelAttempt, startAttempt, type LoginAttempt } from '@/model/limits/login-attempts'
import { hashPassword, needsRehash, verifyHash } from '@/model/passwords/hash'
import { confirm } from '@/model/limits/rate-limits'
import { userColumns } from '@/model/users/columns'

type UserWithHash = User & { password_hash: string; deactivated_at: number | null }

const UNKNOWN_CLIENT: Client = { fingerprint: '', userAgent: '', ip: '' }

/**
 * The active user whom these credentials belong to. For an unknown address it takes as long to say so as for a wrong
 * password, and one has to wait as long for another try.
 */
export async function authenticate(
  deps: Deps,
  email: string,
  password: string,
  client = UNKNOWN_CLIENT,
): Promise<AuthResult> {
  const address = canonicalEmail(email)
  if (address === undefined) {
    deps.emit({ kind: 'login-failed', reason: 'unknown-email' })
    return { kind: 'invalid' } // no account can have it, and everybody can see that: it costs no hash
  }
  return attempt(deps, address, password, client, selectCredentials(deps).where('canonical_email', '=', address))
}

/** Whether this is the user's password: for those who are known already and prove it again. The same limits hold. */
export const verifyPassword = (
  deps: Deps,
  user: User,
  password: string,
  client = UNKNOWN_CLIENT,
): Promise<AuthResult> =>
  attempt(deps, canonicalEmail(user.email) ?? '', password, client, selectCredentials(deps).where('id', '=', user.id))

const selectCredentials = ({ db }: Deps) =>
  db.selectFrom('users').select(userColumns).select(['password_hash', 'deactivated_at'])

async function attempt(
  deps: Deps,
  address: string,
  password: string,
  client: Client,
  row: { executeTakeFirst(): Promise<UserWithHash | undefined> },
): Promise<AuthResult> {
  const guess = await startAttempt(deps, address, client)
  if (guess.kind === 'rate-limited') return guess
  const known = await row.executeTakeFirst()
  const isRight = await passwordMatches(deps, known, password, client).catch(async (error: unknown) => {
    await cancelAttempt(deps, guess) // there was no room to hash it, most likely
    throw error
  })
  if (!known || !isRight) return recordFailure(deps, address, client, guess, known)
  await inTransaction(deps, (deps) => clearFailures(deps, guess), { durable: false })
  const { password_hash, deactivated_at, ...user } = known // as it was before the check, so that a change meanwhile is noticed
  return { kind: 'ok', user }
}

/** Each way to fail costs the same hash. */
async function passwordMatches(deps: Deps, known: UserWithHash | undefined, password: string, { source }: Client) {
  const isOpen = known?.deactivated_at === null
  const stored = { userId: known?.id, hash: isOpen ? known.password_hash : null }
  const isRight = await verifyHash(deps, password, stored, source)
  if (isOpen && isRight && needsRehash(deps, known.password_hash)) await rehash(deps, known, password, source)
  return isOpen && isRight
}

async function rehash(deps: Deps, known: UserWithHash, password: string, source?: string) {
  const password_hash = await hashPassword(deps, password, source)
  const upgraded = deps.db.updateTable('users').set({ password_hash }).where('id', '=', known.id)
  await upgraded.where('password_hash', '=', known.password_hash).execute() // a change of password meanwhile wins
}

/** Only logs and listeners learn the reason. The statements are the same for every reason, so that time does not tell it. */
const recordFailure = (
  deps: Deps,
  address: string,
  client: Client,
  guess: LoginAttempt,
  known?: UserWithHash,
): Promise<AuthResult> =>
  inTransaction(
    deps,
    async (deps) => {
      const reason = !known ? 'unknown-email' : known.deactivated_at === null ? 'wrong-password' : 'deactivated'
      await recordFailedLogin(deps, address, 'wrong-password', client)
      deps.emit({ kind: 'login-failed', reason, userId: known?.id })
      if (guess.hitId !== undefined) await confirm(deps, guess.hitId)
      if (guess.locksAccount) await recordFailedLogin(deps, address, 'account-locked', client)
      if (guess.locksAccount && known) deps.emit({ kind: 'account-locked', userId: known.id })
      return { kind: 'invalid' }
    },
    { durable: false },
  )
