import type { Deps } from '@/deps/deps'
import { canonicalPassword } from './hash'
import { validateStrength, type Owner } from './strength'

const MAX_LENGTH = 256 // code points; NIST SP 800-63B-4 requires at least 64

/** Without composition rules, which lead to weaker passwords (NIST SP 800-63B-4, section 3.1.1.2). */
export async function validatePassword({ config }: Deps, password: string, owner: Owner) {
  const { minLength } = config.passwords
  const length = [...canonicalPassword(password)].length
  if (length === 0) return 'Enter a password.'
  if (length < minLength) return `Use at least ${minLength} characters. This has ${length}.`
  if (length > MAX_LENGTH) return `Use at most ${MAX_LENGTH} characters. This has ${length}.`
  if (!password.isWellFormed()) return 'The password contains invalid characters. Type it again.'
  return validateStrength(canonicalPassword(password), owner, config.branding.name)
}

export async function validateNewPassword(deps: Deps, password: string, current: string, owner: Owner) {
  const isSame = canonicalPassword(password) === canonicalPassword(current)
  return (
    (await validatePassword(deps, password, owner)) ??
    (isSame ? 'Choose a password that is different from the current one.' : undefined)
  )
}
