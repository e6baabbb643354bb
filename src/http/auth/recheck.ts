import type { Deps } from '@/deps/deps'
import { withPermissionRecheck } from '@/model/sessions/recheck'
import type { Lock } from '@/deps/locks'
import type { Permission } from '@/model/users/roles'
import type { Session } from '@/model/types'
import { forbidden } from '@/http/response/http-errors'

/**
 * Runs an action with lasting effect, such as a new token or a role, in a transaction that checks the permission again.
 * A user who was logged out, deactivated or demoted since the guard ran is denied. `locks`: see `withPermissionRecheck`.
 */
export async function withRecheck<T>(
  deps: Deps,
  session: Session,
  permission: Permission,
  work: (deps: Deps) => Promise<T>,
  locks?: readonly Lock[],
) {
  const done = await withPermissionRecheck(
    deps,
    session,
    permission,
    async (deps) => ({ result: await work(deps) }),
    locks,
  )
  if (!done) throw forbidden()
  return done.result
}
