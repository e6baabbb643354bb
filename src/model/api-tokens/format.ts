import type { Deps } from '@/deps/deps'

// What a token looks like: a prefix that says whose it is, 256 random bits in digits and small letters (a double click
// marks all of it), and the CRC-32 of what stands before, so that a scanner of leaked text knows one from a look-alike.
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

/** Whether a text could be one of our tokens: only then the database is asked. */
export const isTokenText = (text: string, prefix: string) =>
  text.startsWith(prefix) &&
  LETTERS.test(text.slice(prefix.length)) &&
  checksumOf(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH)
