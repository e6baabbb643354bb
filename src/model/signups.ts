import type { Deps } from '@/deps'
import type { Client } from './clients'
import { revokeTry, takeTry, type Wait } from './rate-limits'
import { createUser, type User } from './users'

type Signup = { kind: 'created'; user: User } | { kind: 'taken' } | Wait

/** An account by its own user's hand. That an address is taken one source finds out only so often. */
export async function trySignup(
  deps: Deps,
  account: { email: string; name: string; password: string },
  client: Client,
): Promise<Signup> {
  const taken = await takeTry(deps, 'signup', client.source ?? '')
  if (taken.kind === 'wait') return taken
  const user = await createUser(deps, account, 'user', { client }).catch(async (error: unknown) => {
    await revokeTry(deps, taken.id) // there was no room to hash, most likely
    throw error
  })
  if (!user) return { kind: 'taken' }
  await revokeTry(deps, taken.id)
  return { kind: 'created', user }
}
