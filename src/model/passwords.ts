import type { Deps } from '@/deps'
import type { Actor } from '@/events'
import { canonicalEmail } from './email-addresses'
import { canonicalPassword, decoyHash, hashPassword, isOutdatedHash, isPassword } from './password-hashes'
import { flawInStrength, type Owner } from './password-strength'
import { recordEvent } from './security-events'
import { endAccessOf } from './session-ends'
import type { Client } from './clients'
import type { Session } from './sessions'
import { userColumns, type User } from './users'

const MAX_LENGTH = 256 // code points; NIST SP 800-63B-4 asks for at least 64, and something has to end

/** What is wrong with a proposed password, in words for the form, or undefined. No composition rules: they make worse passwords. */
export async function flawInPassword({ config }: Deps, password: string, owner: Owner) {
  const { minLength } = config.passwords
  const length = [...canonicalPassword(password)].length
  if (length === 0) return 'Enter a password.'
  if (length < minLength) return `Use at least ${minLength} characters; this has ${length}.`
  if (length > MAX_LENGTH) return `Use at most ${MAX_LENGTH} characters; this has ${length}.`
  if (!password.isWellFormed()) return 'Type the password again: part of it cannot be read.'
  return flawInStrength(canonicalPassword(password), owner)
}

/** The same for a change of password: it has to be a change. */
export async function flawInNewPassword(deps: Deps, password: string, present: string, owner: Owner) {
  const isSame = canonicalPassword(password) === canonicalPassword(present)
  return (
    (await flawInPassword(deps, password, owner)) ??
    (isSame ? 'Choose a password that differs from the current one.' : undefined)
  )
}

/** The active user these credentials belong to, or undefined. An unknown address costs as much time as a wrong password. */
export async function findUserByPassword(deps: Deps, email: string, password: string, client?: Client) {
  const known = await readHash(deps)
    .where('canonical_email', '=', canonicalEmail(email) ?? '')
    .executeTakeFirst()
  if (!(await fits(deps, known, password, client)) || !known) return undefined
  const { password_hash, deactivated_at, ...user } = known // as it was before the check, so that a change meanwhile is noticed
  return user
}

/** Whether this is the user's password: for those who are known already and prove it again. */
export const isPasswordOf = async (deps: Deps, user: User, password: string, client?: Client) =>
  fits(deps, await readHash(deps).where('id', '=', user.id).executeTakeFirst(), password, client)

type Known = Pick<User, 'id'> & { password_hash: string; deactivated_at: number | null }

const readHash = ({ db }: Deps) =>
  db.selectFrom('users').select(userColumns).select(['password_hash', 'deactivated_at'])

/** Each way to fail costs the same hash, and is told to the house alone. */
async function fits(deps: Deps, known: Known | undefined, password: string, client?: Client) {
  const isOpen = known?.deactivated_at === null
  const matches = await isPassword(deps, password, isOpen ? known.password_hash : decoyHash(deps), client?.source)
  if (isOpen && matches) {
    if (isOutdatedHash(deps, known.password_hash)) await rehash(deps, known, password, client?.source)
    return true
  }
  const reason = isOpen ? 'wrong-password' : known ? 'deactivated' : 'unknown-address'
  await recordEvent(deps, { kind: 'login-failed', reason, userId: known?.id }, client)
  return false
}

async function rehash(deps: Deps, known: Known, password: string, source?: string) {
  const password_hash = await hashPassword(deps, password, source)
  const upgraded = deps.db.updateTable('users').set({ password_hash }).where('id', '=', known.id)
  await upgraded.where('password_hash', '=', known.password_hash).execute() // a change of password meanwhile wins
}

/**
 * Gives the user the password that this is the hash of, and ends all that was opened with the old one, but for the session
 * to keep: whoever knew it is out. Belongs in a transaction, the one that renews that session.
 */
export async function changePassword(
  deps: Deps,
  user: User,
  password_hash: string,
  by: Actor,
  { kept, client }: { kept?: Session; client?: Client } = {},
) {
  const changed = { password_hash, password_changed_at: deps.now(), password_version: user.password_version + 1 }
  await deps.db.updateTable('users').set(changed).where('id', '=', user.id).execute()
  await endAccessOf(deps, user, 'password', kept)
  await recordEvent(deps, { kind: 'password-changed', userId: user.id, by }, client)
}
