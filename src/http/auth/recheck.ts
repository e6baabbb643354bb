import type { Deps } from '@/deps/deps'
import { actWhileAllowed } from '@/model/sessions/recheck'
import type { Permission } from '@/model/users/roles'
import type { Session } from '@/model/types'
import { notAllowed } from '@/http/response/http-errors'

/**
 * Does what leaves power behind, a token or a role, in a transaction that looks once more at who asks. For somebody who
 * was stopped since their guard let them in the door is shut, as it will be at their next request.
 */
export async function act<T>(deps: Deps, session: Session, permission: Permission, work: (deps: Deps) => Promise<T>) {
  const done = await actWhileAllowed(deps, session, permission, async (deps) => ({ result: await work(deps) }))
  if (!done) throw notAllowed()
  return done.result
}
