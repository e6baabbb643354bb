import { base64url, sha256 } from './encoding'

/** Whether a text has the form of a token: 256 bits in base64url. */
export const isWellFormedToken = (text: string) => /^[\w-]{43}$/.test(text)

/** Only the hash is stored, so a copy of the table opens no session. */
export function createToken({ random }: { random(bytes: number): Uint8Array }) {
  const token = base64url(random(32))
  return { token, token_hash: sha256(token) }
}
