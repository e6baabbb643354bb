import { writeAside } from '@/deps'
import { takeTry } from '@/model/rate-limits'
import { isToken } from '@/model/tokens'
import type { Auth } from './auth'
import { sourceOf } from './connections'
import { tooManyTries } from './refusals'

// Who comes with one token after the other that nobody has is guessing, and finds guarded doors shut for a while.

export async function tooManyTokens({ deps }: Auth, request: Request, token: string) {
  const taken = await takeTry(deps, 'token', sourceOf(deps.config, request), token)
  // What all do together shuts nobody out: of 256 random bits nobody guesses one, and only the counting has to end.
  return taken.kind === 'wait' && taken.by !== 'site' ? tooManyTries(taken.ms) : undefined
}

/** A cookie that has not even the form of a token is a mistake, and costs nothing. A page for everybody waits for no count. */
export const tooManySessions = async (auth: Auth, request: Request, token = '') =>
  isToken(token) ? writeAside(auth.deps, () => tooManyTokens(auth, request, token)) : undefined
