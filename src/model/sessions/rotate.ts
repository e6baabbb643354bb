import type { Deps } from '@/deps/deps'
import type { Client, Session, SessionLookup } from '@/model/types'
import { rejectLogin, startSession } from './sessions'
import { createToken } from '@/lib/random-token'

/**
 * A new token for a user who has just typed their password again; the old token is dead. A live session keeps its row, an
 * ended one is followed by a new one, unless it ended by a logout, a theft or a deactivation: then a whole login is due.
 * Undefined there, and where another request was first, or the session was ended meanwhile. Belongs in a transaction.
 */
export async function rotateAfterReauthentication(deps: Deps, visit: SessionLookup, client: Client) {
  if (visit.kind === 'ended') return startSuccessor(deps, visit, client)
  const at = deps.now()
  const since = { authenticated_at: at, reauthenticated_at: at, last_seen_at: at }
  return rotate(deps, visit.session, { ...since, fingerprint: client.fingerprint, user_agent: client.userAgent })
}

/**
 * A new token for a session whose user's role was changed: what was stolen before is worth nothing after. Undefined where
 * a parallel request was given it.
 */
export const rotateToken = (deps: Deps, session: Session) => rotate(deps, session, {})

async function rotate(deps: Deps, session: Session, its: Partial<Session>) {
  const { token, token_hash } = createToken(deps)
  const previous = { previous_token_hash: session.token_hash, rotated_at: deps.now(), rotation_due_at: null }
  const changes = { ...its, ...previous, token_hash }
  const renewed = deps.db
    .updateTable('sessions')
    .set(changes)
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_at', 'is', null)
  return (await renewed.returning('id').executeTakeFirst()) && { token, session: { ...session, ...changes } }
}

async function startSuccessor(deps: Deps, { session, user }: SessionLookup, client: Client) {
  if (await rejectLogin(deps, user)) return undefined
  const taken = await deps.db
    .updateTable('sessions')
    .set({ token_hash: null })
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_reason', 'not in', ['logout', 'theft', 'deactivated'])
    .returning('id')
    .executeTakeFirst()
  if (!taken) return undefined
  const birth = { origin: 'password', isFresh: true, previous_token_hash: session.token_hash } as const
  return startSession(deps, user, client, birth)
}
