import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { Actor } from '@/deps/events'
import { unlessLastAdmin } from '@/model/users/roles'
import { recordEvent } from '@/model/security-events/security-events'
import { revokeAccess } from './revoke-access'
import type { User } from '@/model/types'

/**
 * Shuts the account: no login, and every session, remember series and API token is over for good. False, and nothing
 * happened, where no active admin would be left.
 */
export const deactivateUser = (deps: Deps, { id }: Pick<User, 'id'>, by: Actor) =>
  inTransaction(deps, async (deps) => {
    const closing = deps.db.updateTable('users').set({ deactivated_at: deps.now() }).where('id', '=', id)
    const shut = closing.where('deactivated_at', 'is', null).where(unlessLastAdmin(id)).returning('id')
    const isNew = (await shut.executeTakeFirst()) !== undefined
    if (!isNew && !(await isDeactivated(deps, id))) return false
    await revokeAccess(deps, { id }, 'deactivated') // done again it ends what was forced open since
    if (isNew) await recordEvent(deps, { kind: 'user-deactivated', userId: id, by })
    return true
  })

const isDeactivated = async ({ db }: Deps, id: string) => {
  const shut = db.selectFrom('users').select('id').where('id', '=', id).where('deactivated_at', 'is not', null)
  return (await shut.executeTakeFirst()) !== undefined
}

/** Opens the account again; what ended stays ended, and what a hand on the database forgot to end ends now. */
export const activateUser = (deps: Deps, { id }: Pick<User, 'id'>, by: Actor) =>
  inTransaction(deps, async (deps) => {
    const opening = deps.db.updateTable('users').set({ deactivated_at: null }).where('id', '=', id)
    if (!(await opening.where('deactivated_at', 'is not', null).returning('id').executeTakeFirst())) return
    await revokeAccess(deps, { id }, 'deactivated')
    await recordEvent(deps, { kind: 'user-activated', userId: id, by })
  })
