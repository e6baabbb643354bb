import type { Deps } from '@/deps/deps'
import { withPermissionRecheck } from '@/model/sessions/recheck'
import type { Permission } from '@/model/users/roles'
import type { Session } from '@/model/types'
import { forbidden } from '@/http/response/http-errors'

/**
 * Does what leaves power behind, a token or a role, in a transaction that looks once more at who asks. For somebody who
 * was stopped since their guard let them in the door is shut, as it will be at their next request.
 */
export async function withRecheck<T>(
  deps: Deps,
  session: Session,
  permission: Permission,
  work: (deps: Deps) => Promise<T>,
) {
  const done = await withPermissionRecheck(deps, session, permission, async (deps) => ({ result: await work(deps) }))
  if (!done) throw forbidden()
  return done.result
}
