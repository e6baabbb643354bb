import { writeAside, type Deps } from '@/deps/deps'
import type { Client, User, Wait } from '@/model/types'
import { recordTry, revokeTry, takeTry } from '@/model/limits/rate-limits'
import { createUser } from '@/model/users/users'

type Account = { email: string; name: string; password: string }
type Signup = { kind: 'created'; user: User } | { kind: 'taken' } | Wait

/**
 * An account by its own user's hand. One source makes only so many, and finds out less often that an address is taken: it
 * counts as both before it is tried, and as the one that it was after.
 */
export async function trySignup(deps: Deps, account: Account, client: Client): Promise<Signup> {
  const asTaken = await takeTry(deps, 'signup', client.source ?? '')
  if (asTaken.kind === 'wait') return asTaken
  const asNew = await takeTry(deps, 'new-account', client.source ?? '')
  if (asNew.kind === 'wait') {
    await revokeTry(deps, asTaken.id)
    return asNew
  }
  const user = await createUser(deps, account, 'user', { client }).catch(async (error: unknown) => {
    for (const { id } of [asTaken, asNew]) await revokeTry(deps, id) // there was no room to hash, most likely
    throw error
  })
  const [counts, other] = user ? [asNew, asTaken] : [asTaken, asNew]
  await writeAside(deps, () => recordTry(deps, counts.id)) // what became of the account stands, and is told as it is
  await writeAside(deps, () => revokeTry(deps, other.id))
  return user ? { kind: 'created', user } : { kind: 'taken' }
}
