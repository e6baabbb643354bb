import type { Deps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import type { Client, User, RateLimited } from '@/model/types'
import { confirm, refund, consume } from '@/model/limits/rate-limits'
import { createUser } from '@/model/users/users'

type SignUpInput = { email: string; name: string; password: string }
type SignUpResult = { kind: 'created'; user: User } | { kind: 'taken' } | RateLimited

/** `new-account` limits new accounts; `signup` limits responses that reveal a taken email address. */
export async function signUp(deps: Deps, input: SignUpInput, client: Client): Promise<SignUpResult> {
  const hitIfTaken = await consume(deps, 'signup', client.source ?? '')
  if (hitIfTaken.kind === 'rate-limited') return hitIfTaken
  const hitIfCreated = await consume(deps, 'new-account', client.source ?? '')
  if (hitIfCreated.kind === 'rate-limited') {
    await refund(deps, hitIfTaken.id)
    return hitIfCreated
  }
  const user = await createUser(deps, input, 'user', { client }).catch(async (error: unknown) => {
    for (const { id } of [hitIfTaken, hitIfCreated]) await refund(deps, id)
    throw error
  })
  const [confirmed, refunded] = user ? [hitIfCreated, hitIfTaken] : [hitIfTaken, hitIfCreated]
  // Best effort: the account is already created or rejected.
  await writeBestEffort(deps, () => confirm(deps, confirmed.id))
  await writeBestEffort(deps, () => refund(deps, refunded.id))
  return user ? { kind: 'created', user } : { kind: 'taken' }
}
