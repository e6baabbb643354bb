import { branding } from '@/config/branding'
import { createTokenText } from '@/model/api-tokens/format'

// Ids and tokens are derived from a number, so that processes need not exchange millions of them.
export const SECRET_KEYS = 'A'.repeat(43)
export const PASSWORD = 'correct horse battery'
export const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

const bytesFrom = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest()
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

export const idOf = (kind: string, i: number) => base64url(bytesFrom(`${kind} ${i}`).subarray(0, 16))
export const emailOf = (i: number) => `user-${i}@example.test`
export const sessionToken = (i: number) => base64url(bytesFrom(`token ${i}`))
export const apiToken = createTokenText({
  random: (size: number) => bytesFrom('api').subarray(0, size),
  config: { branding },
} as never)
