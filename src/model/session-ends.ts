import type { Deps } from '@/deps'
import { sha256 } from '@/lib/bytes'
import type { EndReason, Session } from './sessions'
import type { User } from './users'

// How several sessions end at once, and how one ends for good. In each the first reason stays.

/**
 * Logs a token out: ends its session, or the one that took its place while the logout was on its way, and hands back
 * which. A session that had ended before no longer says whose it was, and no login that is still on its way can follow it.
 */
export async function endSessionOfToken({ db, now }: Deps, token: string) {
  const token_hash = sha256(token)
  const ended = await db
    .updateTable('sessions')
    .set({ ended_at: now(), ended_reason: 'logout' })
    .where((its) => its.or([its('token_hash', '=', token_hash), its('previous_token_hash', '=', token_hash)]))
    .where('ended_at', 'is', null)
    .returning('series_id')
    .executeTakeFirst()
  if (ended) return ended
  const forgotten = db.updateTable('sessions').set({ token_hash: null }).where('token_hash', '=', token_hash)
  return forgotten.returning('series_id').executeTakeFirst()
}

/** Ends all the user's sessions but the one to keep. */
export async function endSessionsOf({ db, now }: Deps, user: Pick<User, 'id'>, reason: EndReason, kept?: Session) {
  const ended = db.updateTable('sessions').set({ ended_at: now(), ended_reason: reason }).where('user_id', '=', user.id)
  await ended
    .where('id', '!=', kept?.id ?? '')
    .where('ended_at', 'is', null)
    .execute()
}
