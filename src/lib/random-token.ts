import { base64url, sha256 } from './encoding'

/** 256 bits in base64url. */
export const isWellFormedToken = (text: string) => /^[\w-]{43}$/.test(text)

/** The database stores only the hash, so a copy of it contains no usable token. */
export function createToken({ random }: { random(bytes: number): Uint8Array }) {
  const token = base64url(random(32))
  return { token, token_hash: sha256(token) }
}

/** The same token again for the same `secret` and `nonce`. Neither alone reveals it. */
export function deriveToken(secret: string, nonce: string) {
  const token = base64url(new Bun.CryptoHasher('sha256', secret).update(nonce).digest())
  return { token, token_hash: sha256(token) }
}
