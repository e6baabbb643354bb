import type { Deps } from '@/deps/deps'

const MAX_RAW_LENGTH = 1024 // UTF-16 units

// NFKC takes seconds for thousands of combining accents, so longer passwords are rejected without it.
const isTooLong = (password: string) => password.length > MAX_RAW_LENGTH

/** Keyboards encode the same characters differently (NIST SP 800-63B-4, section 3.1.1.2). */
export const canonicalPassword = (password: string) => (isTooLong(password) ? password : password.normalize('NFKC'))

const WHITE_SPACE_AT_ENDS = /^[\s\p{White_Space}]+|(?<![\s\p{White_Space}])[\s\p{White_Space}]+$/gu

const trimWhiteSpace = (password: string) => password.replace(WHITE_SPACE_AT_ENDS, '')

export const hasWhiteSpaceAtEnds = (password: string) => trimWhiteSpace(password) !== password

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
export const verifyHash = (deps: Deps, password: string, stored: StoredHash, source = '') =>
  createVerifier(deps, stored, source)(password)

/** `error`: the queue was full after a first comparison, so the attempt must count. Without one, the error is thrown. */
type Match = { text?: string; error?: unknown }

/**
 * Compares the password as typed, then without white space at its ends, which pasting adds (NIST SP 800-63B-4, section
 * 3.1.1.2). Each comparison takes its own turn in the queue, so that such passwords do not double the share of a source.
 */
export async function matchPassword(deps: Deps, password: string, stored: StoredHash, source = ''): Promise<Match> {
  const verify = createVerifier(deps, stored, source)
  if (await verify(password)) return { text: password }
  const trimmed = trimWhiteSpace(password)
  if (trimmed === password) return {}
  try {
    return (await verify(trimmed)) ? { text: trimmed } : {}
  } catch (error) {
    return { error }
  }
}

/** Logs an unreadable hash once. */
function createVerifier(deps: Deps, { userId, hash }: StoredHash, source: string) {
  let readable = hash
  const verify = async (text: string) => {
    if (readable !== null)
      try {
        assertAffordable(readable)
        return await Bun.password.verify(text, readable)
      } catch (error) {
        deps.log.error({ userId, err: error }, 'password hash unreadable')
        readable = null
      }
    return Bun.password.verify(text, dummyHash(deps))
  }
  return async (password: string) =>
    (await deps.hashQueue.run(source, () => verify(canonicalPassword(password)))) && !isTooLong(password)
}

const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,6}),t=(\d{1,6}),p=(\d{1,2})\$/
const BCRYPT = /^\$2[aby]\$(\d\d)\$/
// An imported hash can demand 4 GiB or run for years. These limits allow about two seconds on one core.
const MAX_ARGON2 = { memory: 2 ** 18, work: 2 ** 20, threads: 16 } // in KiB; work is memory times passes
const MAX_BCRYPT_COST = 14

function assertAffordable(hash: string) {
  if (hash === '') throw new TypeError('the hash is empty') // Bun returns `false` at once
  const isAffordable = hash.startsWith('$argon2') ? isAffordableArgon2(hash) : isAffordableBcrypt(hash)
  if (!isAffordable) throw new RangeError('the hash has unknown parameters or costs too much')
}

function isAffordableArgon2(hash: string) {
  const [memory = Infinity, passes = Infinity, threads = Infinity] = (ARGON2.exec(hash) ?? []).slice(1).map(Number)
  const { memory: maxMemory, work, threads: maxThreads } = MAX_ARGON2
  return memory <= maxMemory && memory * passes <= work && threads <= maxThreads
}

const isAffordableBcrypt = (hash: string) =>
  !hash.startsWith('$2') || Number(BCRYPT.exec(hash)?.[1] ?? Infinity) <= MAX_BCRYPT_COST

/** Matches no password. Takes as long to verify as a real hash, so that time does not reveal accounts. */
const dummyHash = (deps: Deps) => `${currentCostPrefix(deps)}${'A'.repeat(43)}$${'A'.repeat(43)}`

export const needsRehash = (deps: Deps, hash: string | null) =>
  hash !== null && !hash.startsWith(currentCostPrefix(deps))
