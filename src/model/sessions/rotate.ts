import type { Deps } from '@/deps/deps'
import type { Client, Session, Visit } from '@/model/types'
import { isRefused, startSession } from './sessions'
import { issueToken } from '@/lib/random-token'

/**
 * A new token for a user who has just typed their password again; the old token is dead. A live session keeps its row, an
 * ended one is followed by a new one, unless it ended by a logout, a theft or a deactivation: then a whole login is due.
 * Undefined there, and where another request was first, or the session was ended meanwhile. Belongs in a transaction.
 */
export async function renewSession(deps: Deps, visit: Visit, client: Client) {
  if (visit.kind === 'ended') return followEnded(deps, visit, client)
  const at = deps.now()
  const since = { started_at: at, credential_at: at, seen_at: at }
  return renew(deps, visit.session, { ...since, fingerprint: client.fingerprint, user_agent: client.userAgent })
}

/**
 * A new token for a session whose user's role was changed: what was stolen before is worth nothing after. Undefined where
 * a parallel request was given it.
 */
export const renewToken = (deps: Deps, session: Session) => renew(deps, session, {})

async function renew(deps: Deps, session: Session, its: Partial<Session>) {
  const { token, token_hash } = issueToken(deps)
  const previous = { previous_token_hash: session.token_hash, renewed_at: deps.now(), renewal_due_at: null }
  const changes = { ...its, ...previous, token_hash }
  const renewed = deps.db
    .updateTable('sessions')
    .set(changes)
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_at', 'is', null)
  return (await renewed.returning('id').executeTakeFirst()) && { token, session: { ...session, ...changes } }
}

async function followEnded(deps: Deps, { session, user }: Visit, client: Client) {
  if (await isRefused(deps, user)) return undefined
  const taken = await deps.db
    .updateTable('sessions')
    .set({ token_hash: null })
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_reason', 'not in', ['logout', 'theft', 'deactivated'])
    .returning('id')
    .executeTakeFirst()
  if (!taken) return undefined
  const birth = { born: 'password', isFresh: true, previous_token_hash: session.token_hash } as const
  return startSession(deps, user, client, birth)
}
