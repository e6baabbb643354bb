import { inTransaction, type Deps } from '@/deps'
import { base64url, sha256 } from '@/lib/bytes'
import { startSession, type Client, type Visit } from './sessions'

/**
 * A new token for a user who has just typed their password again; the old token is dead. A live session keeps its row, an
 * ended one is followed by a new one. Undefined where another request was first, or the session was ended meanwhile.
 */
export async function renewSession(deps: Deps, visit: Visit, client: Client) {
  return visit.kind === 'live' ? renewLive(deps, visit, client) : followEnded(deps, visit, client)
}

async function renewLive({ db, now, random }: Deps, { session }: Visit, client: Client) {
  const token = base64url(random(32))
  const at = now()
  const renewed = await db
    .updateTable('sessions')
    .set({ token_hash: sha256(token), started_at: at, credential_at: at, seen_at: at, fingerprint: client.fingerprint })
    .where('id', '=', session.id)
    .where('token_hash', '=', session.token_hash)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return renewed && token
}

const followEnded = (deps: Deps, { session, user }: Visit, client: Client) =>
  inTransaction(deps, async (deps) => {
    const taken = await deps.db
      .updateTable('sessions')
      .set({ token_hash: null })
      .where('id', '=', session.id)
      .where('token_hash', '=', session.token_hash)
      .returning('id')
      .executeTakeFirst()
    if (!taken) return undefined
    const started = await startSession(deps, user, client, { born: 'password', series_id: null })
    return started?.token
  })
