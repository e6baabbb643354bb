import type { Deps } from '@/deps'
import { base64url } from '@/lib/bytes'
import { contextOf } from './current-user'
import { badForm, Detour, notFound, Onward, ourFault, Refusal, unreadable, wrongMethod } from './refusals'

/** The one place where what went wrong becomes something to read. `allowed` tells what the address does answer. */
export async function answerError(
  deps: Deps,
  request: Request,
  code: string | number,
  thrown: unknown,
  allowed: () => string,
) {
  const { reply } = await contextOf(deps, request)
  const { detour, refuse, options } = reply.ending
  const allow = code === 'NOT_FOUND' ? allowed() : ''
  if (allow && request.method === 'OPTIONS') return options(allow)
  const error = knownCase(code, thrown, allow)
  if (error instanceof Detour) return detour(error.path, error.flash)
  if (error instanceof Onward) return reply.go(error.path)
  if (error instanceof Refusal) return refuse(error)

  const id = base64url(deps.random(9))
  deps.log.error({ id, err: error }, 'our fault')
  return refuse(ourFault(), id)
}

/** What the framework calls by a code is one of our refusals; what our own parser threw comes wrapped in one. */
function knownCase(code: string | number, thrown: unknown, allow: string) {
  if (code === 'NOT_FOUND') return allow ? wrongMethod(allow) : notFound()
  if (code === 'VALIDATION') return badForm()
  if (code !== 'PARSE') return thrown
  return thrown instanceof Error && thrown.cause instanceof Refusal ? thrown.cause : unreadable()
}
