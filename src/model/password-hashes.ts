import type { Deps } from '@/deps'

/** One password, one text, whatever keyboard it was typed on (NIST SP 800-63B-4, section 3.1.1.2). Bun does not normalise. */
export const canonicalPassword = (password: string) => password.normalize('NFKC')

/** How the hashes made today begin, in the PHC format: the algorithm and its cost. */
const todaysCost = ({ config: { passwords } }: Deps) =>
  `$argon2id$v=19$m=${passwords.cost.memory},t=${passwords.cost.time},p=1$`

export const hashPassword = (deps: Deps, password: string) =>
  Bun.password.hash(canonicalPassword(password), {
    algorithm: 'argon2id',
    memoryCost: deps.config.passwords.cost.memory,
    timeCost: deps.config.passwords.cost.time,
  })

export const isPassword = (password: string, hash: string) => Bun.password.verify(canonicalPassword(password), hash)

/** A hash that no password has and that costs as much to refuse as a real one: so time does not tell who has an account. */
export const decoyHash = (deps: Deps) => `${todaysCost(deps)}${'A'.repeat(43)}$${'A'.repeat(43)}`

/** Whether the hash was made at another cost than today's, so that it should be made again while the password is at hand. */
export const isOutdatedHash = (deps: Deps, hash: string) => !hash.startsWith(todaysCost(deps))
