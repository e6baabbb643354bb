import type { Deps } from '@/deps/deps'

const MAX_RAW_LENGTH = 1024 // UTF-16 units

// NFKC takes seconds for thousands of combining accents, so longer passwords are rejected without it.
const isTooLong = (password: string) => password.length > MAX_RAW_LENGTH

/** Keyboards encode the same characters differently (NIST SP 800-63B-4, section 3.1.1.2). */
export const canonicalPassword = (password: string) => (isTooLong(password) ? password : password.normalize('NFKC'))

const currentCostPrefix = ({ config: { passwords } }: Deps) =>
  `$argon2id$v=19$m=${passwords.cost.memory},t=${passwords.cost.time},p=1$`

/** Throws `QueueFull` if too many hashes wait. The queue is fair between sources. */
export const hashPassword = ({ hashQueue, config: { passwords } }: Deps, password: string, source = '') =>
  hashQueue.run(source, () =>
    Bun.password.hash(canonicalPassword(password), {
      algorithm: 'argon2id',
      memoryCost: passwords.cost.memory,
      timeCost: passwords.cost.time,
    }),
  )

type StoredHash = { userId?: string; hash: string | null }

/** Every outcome costs one hash. An unreadable hash counts as a wrong password: an error would reveal the account. */
export const verifyHash = async (deps: Deps, password: string, { userId, hash }: StoredHash, source = '') =>
  (await deps.hashQueue.run(source, async () => {
    const typed = canonicalPassword(password)
    const dummy = dummyHash(deps)
    if (hash === null) return Bun.password.verify(typed, dummy)
    try {
      if (hash === '') throw new TypeError('the hash is empty') // Bun returns `false` at once
      return await Bun.password.verify(typed, hash)
    } catch (error) {
      deps.log.error({ userId, err: error }, 'password hash unreadable')
      return Bun.password.verify(typed, dummy)
    }
  })) && !isTooLong(password)

/** Matches no password. Takes as long to verify as a real hash, so that time does not reveal accounts. */
const dummyHash = (deps: Deps) => `${currentCostPrefix(deps)}${'A'.repeat(43)}$${'A'.repeat(43)}`

export const needsRehash = (deps: Deps, hash: string | null) =>
  hash !== null && !hash.startsWith(currentCostPrefix(deps))
