import type { Deps } from '@/deps/deps'
import type { Client, Session, SessionLookup } from '@/model/types'
import { rejectLogin, startSession } from './sessions'
import { createToken } from '@/lib/random-token'

/**
 * An active session keeps its row; an expired or revoked one gets a successor. Returns undefined if
 * another request was first, or if the end of the session requires a full login. Belongs in a transaction.
 */
export async function rotateAfterReauthentication(deps: Deps, sessionLookup: SessionLookup, client: Client) {
  if (sessionLookup.kind === 'ended') return startSuccessor(deps, sessionLookup, client)
  const at = deps.now()
  return rotate(deps, sessionLookup.session, {
    authenticated_at: at,
    reauthenticated_at: at,
    last_seen_at: at,
    fingerprint: client.fingerprint,
    user_agent: client.userAgent,
  })
}

/** After a change of the account that a handler makes without a new proof. A token that was stolen before is useless then. */
export const rotateOnNextRequest = ({ db, now }: Deps, { id }: Pick<Session, 'id'>) =>
  db
    .updateTable('sessions')
    .set({ rotation_due_at: now() })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute()

/** After a role change, so that a token stolen before is useless. Returns undefined if a parallel request was first. */
export const rotateToken = (deps: Deps, session: Session) => rotate(deps, session, {})

async function rotate(deps: Deps, session: Session, update: Partial<Session>) {
  const { token, token_hash } = createToken(deps)
  const previous = { previous_token_hash: session.token_hash, rotated_at: deps.now(), rotation_due_at: null }
  const changes = { ...update, ...previous, token_hash }
  const rotated = await deps.db
    .updateTable('sessions')
    .set(changes)
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return rotated && { token, session: { ...session, ...changes } }
}

async function startSuccessor(deps: Deps, { session, user }: SessionLookup, client: Client) {
  if (await rejectLogin(deps, user)) return undefined
  const claimed = await deps.db
    .updateTable('sessions')
    .set({ token_hash: null })
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_reason', 'not in', ['logout', 'theft', 'deactivated', 'deleted', 'secured'])
    .returning('id')
    .executeTakeFirst()
  if (!claimed) return undefined
  const start = {
    origin: 'password',
    amr: ['password'],
    isFresh: true,
    previous_token_hash: session.token_hash,
  } as const
  return startSession(deps, user, client, start)
}
