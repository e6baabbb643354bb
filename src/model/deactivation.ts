import { inTransaction, type Deps } from '@/deps'
import { endSeriesOf } from './remember-tokens'
import { endSessionsOf } from './session-ends'
import type { User } from './users'

/** Shuts the account: no login, and every session and remember series is over for good. */
export const deactivateUser = (deps: Deps, user: Pick<User, 'id'>) =>
  inTransaction(deps, async (deps) => {
    await deps.db.updateTable('users').set({ deactivated_at: deps.now() }).where('id', '=', user.id).execute()
    await endSessionsOf(deps, user, 'deactivated')
    await endSeriesOf(deps, user, 'deactivated')
  })

/** Opens the account again; what ended stays ended. */
export const activateUser = ({ db }: Deps, user: Pick<User, 'id'>) =>
  db.updateTable('users').set({ deactivated_at: null }).where('id', '=', user.id).execute()
