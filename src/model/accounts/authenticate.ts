import { inTransaction, type Deps } from '@/deps/deps'
import type { Client, Tried, User } from '@/model/types'
import { canonicalEmail } from '@/model/users/email'
import { recordFailedLogin } from '@/model/security-events/failed-logins'
import { endGuesses, revokeGuess, takeGuess, type Guess } from '@/model/limits/login-attempts'
import { hashPassword, isOutdatedHash, isPassword } from '@/model/passwords/hash'
import { recordTry } from '@/model/limits/rate-limits'
import { userColumns } from '@/model/users/columns'

type Known = User & { password_hash: string; deactivated_at: number | null }

const NOBODY: Client = { fingerprint: '', userAgent: '', address: '' }

/**
 * The active user whom these credentials belong to. For an unknown address it takes as long to say so as for a wrong
 * password, and one has to wait as long for another try.
 */
export async function tryCredentials(deps: Deps, email: string, password: string, client = NOBODY): Promise<Tried> {
  const address = canonicalEmail(email)
  if (address === undefined) {
    deps.tell({ kind: 'login-failed', reason: 'unknown-address' })
    return { kind: 'wrong' } // no account can have it, and everybody can see that: it costs no hash
  }
  return tryGuess(deps, address, password, client, readHash(deps).where('canonical_email', '=', address))
}

/** Whether this is the user's password: for those who are known already and prove it again. The same limits hold. */
export const tryPassword = (deps: Deps, user: User, password: string, client = NOBODY): Promise<Tried> =>
  tryGuess(deps, canonicalEmail(user.email) ?? '', password, client, readHash(deps).where('id', '=', user.id))

const readHash = ({ db }: Deps) =>
  db.selectFrom('users').select(userColumns).select(['password_hash', 'deactivated_at'])

async function tryGuess(
  deps: Deps,
  address: string,
  password: string,
  client: Client,
  row: { executeTakeFirst(): Promise<Known | undefined> },
): Promise<Tried> {
  const guess = await takeGuess(deps, address, client)
  if (guess.kind === 'wait') return guess
  const known = await row.executeTakeFirst()
  const isRight = await fits(deps, known, password, client).catch(async (error: unknown) => {
    await revokeGuess(deps, guess) // there was no room to hash it, most likely
    throw error
  })
  if (!known || !isRight) return fail(deps, address, client, guess, known)
  await inTransaction(deps, (deps) => endGuesses(deps, guess), { isLasting: false })
  const { password_hash, deactivated_at, ...user } = known // as it was before the check, so that a change meanwhile is noticed
  return { kind: 'right', user }
}

/** Each way to fail costs the same hash. */
async function fits(deps: Deps, known: Known | undefined, password: string, { source }: Client) {
  const isOpen = known?.deactivated_at === null
  const stored = { userId: known?.id, hash: isOpen ? known.password_hash : null }
  const isRight = await isPassword(deps, password, stored, source)
  if (isOpen && isRight && isOutdatedHash(deps, known.password_hash)) await rehash(deps, known, password, source)
  return isOpen && isRight
}

async function rehash(deps: Deps, known: Known, password: string, source?: string) {
  const password_hash = await hashPassword(deps, password, source)
  const upgraded = deps.db.updateTable('users').set({ password_hash }).where('id', '=', known.id)
  await upgraded.where('password_hash', '=', known.password_hash).execute() // a change of password meanwhile wins
}

/** Only logs and listeners learn the reason. The statements are the same for every reason, so that time does not tell it. */
const fail = (deps: Deps, address: string, client: Client, guess: Guess, known?: Known): Promise<Tried> =>
  inTransaction(
    deps,
    async (deps) => {
      const reason = !known ? 'unknown-address' : known.deactivated_at === null ? 'wrong-password' : 'deactivated'
      await recordFailedLogin(deps, address, 'wrong-password', client)
      deps.tell({ kind: 'login-failed', reason, userId: known?.id })
      if (guess.tryId !== undefined) await recordTry(deps, guess.tryId)
      if (guess.isLast) await recordFailedLogin(deps, address, 'account-locked', client)
      if (guess.isLast && known) deps.tell({ kind: 'password-shut', userId: known.id })
      return { kind: 'wrong' }
    },
    { isLasting: false },
  )
