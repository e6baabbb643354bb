import type { Deps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import type { Client, User, RateLimited } from '@/model/types'
import { confirm, refund, consume } from '@/model/limits/rate-limits'
import { createUser } from '@/model/users/users'

type SignUpInput = { email: string; name: string; password: string }
type SignUpResult = { kind: 'created'; user: User } | { kind: 'taken' } | RateLimited

/**
 * An account by its own user's hand. One source makes only so many, and finds out less often that an address is taken: it
 * counts as both before it is tried, and as the one that it was after.
 */
export async function signUp(deps: Deps, account: SignUpInput, client: Client): Promise<SignUpResult> {
  const asTaken = await consume(deps, 'signup', client.source ?? '')
  if (asTaken.kind === 'rate-limited') return asTaken
  const asNew = await consume(deps, 'new-account', client.source ?? '')
  if (asNew.kind === 'rate-limited') {
    await refund(deps, asTaken.id)
    return asNew
  }
  const user = await createUser(deps, account, 'user', { client }).catch(async (error: unknown) => {
    for (const { id } of [asTaken, asNew]) await refund(deps, id) // there was no room to hash, most likely
    throw error
  })
  const [counts, other] = user ? [asNew, asTaken] : [asTaken, asNew]
  await writeBestEffort(deps, () => confirm(deps, counts.id)) // what became of the account stands, and is told as it is
  await writeBestEffort(deps, () => refund(deps, other.id))
  return user ? { kind: 'created', user } : { kind: 'taken' }
}
