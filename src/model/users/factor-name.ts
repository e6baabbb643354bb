import { canonicalName, validateName } from './name'

const MAX_LENGTH = 60

/** The error of a typed name of a passkey or an authenticator app. */
export const validateFactorName = (name: string) => validateName(name, 'a name', MAX_LENGTH)

/** A second factor with the same name gets ` 2`, so that the user can tell them apart. */
export function uniqueFactorName(name: string, taken: readonly string[]) {
  const canonical = canonicalName(name)
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? canonical : `${canonical} ${n}`
    if (!taken.includes(candidate)) return candidate
  }
}
