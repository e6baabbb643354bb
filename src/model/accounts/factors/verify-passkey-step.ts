import type { Deps } from '@/deps/deps'
import { verifyAssertion } from '@/model/passkeys/verify'
import { placeOf, type PendingLogin } from '@/model/pending-logins/pending-logins'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, User } from '@/model/types'

/** The passkey must belong to the user of the pending login. After a first factor, a security key without PIN is enough. */
export async function verifyPasskeyStep(
  deps: Deps,
  { user, token_hash, failure_count, first_factor }: PendingLogin & { user: User },
  assertion: string,
  client: Client,
) {
  const proof = {
    assertion,
    purpose: 'second-step',
    binding: token_hash,
    user,
    requireUserVerification: false,
  } as const
  const verified = await verifyAssertion(deps, proof, client)
  if (verified.kind === 'failed') {
    const failure = { method: 'passkey', place: placeOf({ first_factor }), count: failure_count + 1 } as const
    await recordEvent(deps, { kind: 'second-step-failed', userId: user.id, ...failure }, client)
  }
  return verified
}
