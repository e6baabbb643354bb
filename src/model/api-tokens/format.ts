import type { Deps } from '@/deps/deps'

// A prefix, 256 random bits in base 36 (a double click selects the whole token), and a CRC-32 checksum, by which secret
// scanners recognize leaked tokens.
const SECRET_LENGTH = 50 // 36^50 > 2^256
const CHECKSUM_LENGTH = 7 // 36^7 > 2^32
const LETTERS = /^[0-9a-z]{57}$/

const inBase36 = (n: bigint | number, length: number) => n.toString(36).padStart(length, '0')
const checksumOf = (text: string) => inBase36(Bun.hash.crc32(text), CHECKSUM_LENGTH)

export function createTokenText({ random, config }: Deps) {
  const secret = BigInt(`0x${Buffer.from(random(32)).toString('hex')}`)
  const text = config.branding.tokenPrefix + inBase36(secret, SECRET_LENGTH)
  return text + checksumOf(text)
}

/** Checks the form only. Other texts cost no database read. */
export const isTokenText = (text: string, prefix: string) =>
  text.startsWith(prefix) &&
  LETTERS.test(text.slice(prefix.length)) &&
  checksumOf(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH)
