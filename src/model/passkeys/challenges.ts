import { timingSafeEqual } from 'node:crypto'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { base64url, sha256 } from '@/lib/encoding'
import type { Session } from '@/model/types'

/** `upgrade`: a registration that the browser makes after a login with a password, without a question. */
export type ChallengePurpose = 'login' | 'second-step' | 'reset' | 'step-up' | 'register' | 'upgrade' | 'sign-up'

export const CHALLENGE_LIFETIME = minutes(5)

const RANDOM_BYTES = 16
const EXPIRY_BYTES = 6
const MAC_BYTES = 16
const SIGNED_BYTES = RANDOM_BYTES + EXPIRY_BYTES

/**
 * Signed, so that a page with a challenge writes no row. `binding` names the session, pending login or user handle that it
 * is for. Without one, every client gets the same kind of challenge, so it reveals no account.
 */
export function createChallenge({ now, random, keys }: Deps, purpose: ChallengePurpose, binding = '') {
  const expiry = Buffer.alloc(EXPIRY_BYTES)
  expiry.writeUIntBE(now() + CHALLENGE_LIFETIME, 0, EXPIRY_BYTES)
  const signed = Buffer.concat([random(RANDOM_BYTES), expiry])
  const mac = keys.hmac('challenge', toSign(purpose, binding, signed))
  if (!mac) throw new Error('challenge failed: the newest key is missing')
  return base64url(Buffer.concat([signed, mac.subarray(0, MAC_BYTES)]))
}

/** Only the same token of the same session can answer. */
export const stepUpBinding = ({ id, token_hash }: Pick<Session, 'id' | 'token_hash'>) => `${id} ${token_hash}`

export const registrationBinding = ({ id }: Pick<Session, 'id'>, userHandle: string) => `${id} ${userHandle}`

const toSign = (purpose: ChallengePurpose, binding: string, signed: Buffer) =>
  Buffer.concat([Buffer.from(`${purpose}\0${binding}\0`), signed])

/**
 * Returns the purpose of a valid challenge and uses it up, whatever the signature of the passkey is. Undefined if it is
 * used, expired, changed, or for something else.
 */
export async function consumeChallenge(
  deps: Deps,
  challenge: string,
  purposes: readonly ChallengePurpose[],
  binding = '',
): Promise<ChallengePurpose | undefined> {
  const bytes = Buffer.from(challenge, 'base64url')
  if (bytes.length !== SIGNED_BYTES + MAC_BYTES || base64url(bytes) !== challenge) return undefined
  const signed = bytes.subarray(0, SIGNED_BYTES)
  const mac = bytes.subarray(SIGNED_BYTES)
  const expires_at = signed.readUIntBE(RANDOM_BYTES, EXPIRY_BYTES)
  const purpose = purposes.find((one) =>
    deps.keys
      .hmacs('challenge', toSign(one, binding, signed))
      .some((expected) => timingSafeEqual(expected.subarray(0, MAC_BYTES), mac)),
  )
  if (purpose === undefined || expires_at <= deps.now()) return undefined
  const used = await deps.db
    .insertInto('used_challenges')
    .values({ challenge_hash: sha256(challenge), expires_at })
    .onConflict((conflict) => conflict.column('challenge_hash').doNothing())
    .returning('challenge_hash')
    .executeTakeFirst()
  return used && purpose
}
