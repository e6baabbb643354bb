import type { Deps } from '@/deps/deps'

const MAX_RAW_LENGTH = 1024 // UTF-16 units

/** What is longer is nobody's password, and is not normalised: that takes seconds over thousands of accents. */
const isTooLong = (password: string) => password.length > MAX_RAW_LENGTH

/** One password, one text, whatever keyboard it was typed on (NIST SP 800-63B-4, section 3.1.1.2). Bun does not normalise. */
export const canonicalPassword = (password: string) => (isTooLong(password) ? password : password.normalize('NFKC'))

/** How the hashes made today begin, in the PHC format: the algorithm and its cost. */
const currentCostPrefix = ({ config: { passwords } }: Deps) =>
  `$argon2id$v=19$m=${passwords.cost.memory},t=${passwords.cost.time},p=1$`

/** Whoever asks waits for their turn; fails with QueueFull where too many do. `source` tells those who ask apart. */
export const hashPassword = ({ hashQueue, config: { passwords } }: Deps, password: string, source = '') =>
  hashQueue.run(source, () =>
    Bun.password.hash(canonicalPassword(password), {
      algorithm: 'argon2id',
      memoryCost: passwords.cost.memory,
      timeCost: passwords.cost.time,
    }),
  )

/** A user's hash as the database has it; `null` where the user has no password, or no user was found. */
type StoredHash = { userId?: string; hash: string | null }

/**
 * Every outcome costs one hash of the current cost. A hash that Bun cannot verify counts as a wrong password: an error
 * would reveal the account and escape the count of failures. Waits as `hashPassword` does.
 */
export const verifyHash = async (deps: Deps, password: string, { userId, hash }: StoredHash, source = '') =>
  (await deps.hashQueue.run(source, async () => {
    const typed = canonicalPassword(password)
    const decoy = dummyHash(deps)
    if (hash === null) return Bun.password.verify(typed, decoy)
    try {
      if (hash === '') throw new TypeError('the hash is empty') // Bun answers that with `false` at once
      return await Bun.password.verify(typed, hash)
    } catch (error) {
      deps.log.error({ userId, err: error }, 'password hash unreadable')
      return Bun.password.verify(typed, decoy)
    }
  })) && !isTooLong(password)

/** A hash that no password has and that costs as much to refuse as a real one: so time does not tell who has an account. */
const dummyHash = (deps: Deps) => `${currentCostPrefix(deps)}${'A'.repeat(43)}$${'A'.repeat(43)}`

/** Whether the hash was made at another cost than today's, so that it should be made again while the password is at hand. */
export const needsRehash = (deps: Deps, hash: string) => !hash.startsWith(currentCostPrefix(deps))
