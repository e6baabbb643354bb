import type { Deps } from '@/deps'
import { issueToken, startSession, type Client, type Visit } from './sessions'

/**
 * A new token for a user who has just typed their password again; the old token is dead. A live session keeps its row, an
 * ended one is followed by a new one. Undefined where another request was first, or the session was ended meanwhile: by a
 * logout, or by a change of the password that has just been checked. Belongs in a transaction.
 */
export async function renewSession(deps: Deps, visit: Visit, client: Client) {
  return visit.kind === 'live' ? renewLive(deps, visit, client) : followEnded(deps, visit, client)
}

async function renewLive(deps: Deps, { session }: Visit, client: Client) {
  const { token, token_hash } = issueToken(deps)
  const at = deps.now()
  const renewed = await deps.db
    .updateTable('sessions')
    .set({ token_hash, previous_token_hash: session.token_hash, started_at: at, credential_at: at, seen_at: at })
    .set({ fingerprint: client.fingerprint, user_agent: client.userAgent })
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return renewed && token
}

async function followEnded(deps: Deps, { session, user }: Visit, client: Client) {
  const taken = await deps.db
    .updateTable('sessions')
    .set({ token_hash: null })
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .returning('id')
    .executeTakeFirst()
  if (!taken) return undefined
  const started = await startSession(deps, user, client, { born: 'password', previous_token_hash: session.token_hash })
  return started?.token
}
