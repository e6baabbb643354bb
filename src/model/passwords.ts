import type { Deps } from '@/deps'
import type { Actor } from '@/events'
import { canonicalEmail } from './email-addresses'
import { endGuessesAt } from './guesses'
import { revokeDevicesOf } from './known-devices'
import { canonicalPassword } from './password-hashes'
import { flawInStrength, type Owner } from './password-strength'
import { recordEvent } from './security-events'
import { endAccessOf } from './session-ends'
import type { Client } from './clients'
import type { Session } from './sessions'
import type { User } from './users'

const MAX_LENGTH = 256 // code points; NIST SP 800-63B-4 asks for at least 64, and something has to end

/** What is wrong with a proposed password, in words for the form, or undefined. No composition rules: they make worse passwords. */
export async function flawInPassword({ config }: Deps, password: string, owner: Owner) {
  const { minLength } = config.passwords
  const length = [...canonicalPassword(password)].length
  if (length === 0) return 'Enter a password.'
  if (length < minLength) return `Use at least ${minLength} characters; this has ${length}.`
  if (length > MAX_LENGTH) return `Use at most ${MAX_LENGTH} characters; this has ${length}.`
  if (!password.isWellFormed()) return 'Type the password again: part of it cannot be read.'
  return flawInStrength(canonicalPassword(password), owner, config.branding.name)
}

/** The same for a change of password: it has to be a change. */
export async function flawInNewPassword(deps: Deps, password: string, present: string, owner: Owner) {
  const isSame = canonicalPassword(password) === canonicalPassword(present)
  return (
    (await flawInPassword(deps, password, owner)) ??
    (isSame ? 'Choose a password that differs from the current one.' : undefined)
  )
}

/**
 * Gives the user the password that this is the hash of, and ends all that was opened with the old one, but for the session
 * to keep: whoever knew it is out, and whoever guessed at it was guessing at another. Belongs in a transaction, the one that renews that session.
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
  await revokeDevicesOf(deps, user)
  await endGuessesAt(deps, canonicalEmail(user.email) ?? '')
  await recordEvent(deps, { kind: 'password-changed', userId: user.id, by }, client)
}
