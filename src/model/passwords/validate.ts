import type { Deps } from '@/deps/deps'
import { canonicalPassword } from './hash'
import { validateStrength, type Owner } from './strength'

const MAX_LENGTH = 256 // code points; NIST SP 800-63B-4 asks for at least 64, and something has to end

/** What is wrong with a proposed password, in words for the form, or undefined. No composition rules: they make worse passwords. */
export async function validatePassword({ config }: Deps, password: string, owner: Owner) {
  const { minLength } = config.passwords
  const length = [...canonicalPassword(password)].length
  if (length === 0) return 'Enter a password.'
  if (length < minLength) return `Use at least ${minLength} characters. This has ${length}.`
  if (length > MAX_LENGTH) return `Use at most ${MAX_LENGTH} characters. This has ${length}.`
  if (!password.isWellFormed()) return 'The password contains invalid characters. Type it again.'
  return validateStrength(canonicalPassword(password), owner, config.branding.name)
}

/** The same for a change of password: it has to be a change. */
export async function validateNewPassword(deps: Deps, password: string, current: string, owner: Owner) {
  const isSame = canonicalPassword(password) === canonicalPassword(current)
  return (
    (await validatePassword(deps, password, owner)) ??
    (isSame ? 'Choose a password that is different from the current one.' : undefined)
  )
}
