import type { Schema } from '@db/schema'
import type { ExpressionBuilder } from 'kysely'
import type { Deps } from '@/deps/deps'
import { sha256 } from '@/lib/encoding'
import { seconds } from '@/lib/duration'
import { endWhere } from './end'

/** For a logout that was sent before the session token was rotated. */
const LOGOUT_GRACE = seconds(10)

/** A condition for `where`: the session with this token, also if it was rotated a moment ago. */
const hasToken =
  ({ now }: Deps, token: string) =>
  (eb: ExpressionBuilder<Schema, 'sessions'>) =>
    eb.or([
      eb('token_hash', '=', sha256(token)),
      eb('previous_token_hash', '=', sha256(token)).and('rotated_at', '>', now() - LOGOUT_GRACE),
    ])

/** The id of the user whose session `endSessionByToken` would end, for the account lock. */
export async function findOwnerByToken(deps: Deps, token: string) {
  const session = deps.db.selectFrom('sessions').select('user_id').where(hasToken(deps, token))
  return (await session.executeTakeFirst())?.user_id
}

/** A session that has ended loses its token, so that a parallel login cannot continue it. Belongs in a transaction with the account lock. */
export async function endSessionByToken(deps: Deps, userId: string, token: string) {
  const hash = sha256(token)
  const [ended] = await endWhere(deps, userId, 'logout', (sessions) => sessions.where(hasToken(deps, token)))
  if (ended) return { ...ended, hadEnded: false }
  const endedBefore = await deps.db
    .updateTable('sessions')
    .set({ token_hash: null })
    .where('user_id', '=', userId)
    .where('token_hash', '=', hash)
    .returning(['id', 'user_id', 'series_id'])
    .executeTakeFirst()
  return endedBefore && { ...endedBefore, hadEnded: true }
}
