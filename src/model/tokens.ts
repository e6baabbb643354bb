import type { Deps } from '@/deps'
import { base64url, sha256 } from '@/lib/bytes'

/** Whether a text has the form of a token: 256 bits in base64url. */
export const isToken = (text: string) => /^[\w-]{43}$/.test(text)

/** A new token, and how it is kept: only its hash is, so a stolen table opens nothing. */
export function issueToken({ random }: Pick<Deps, 'random'>) {
  const token = base64url(random(32))
  return { token, token_hash: sha256(token) }
}
