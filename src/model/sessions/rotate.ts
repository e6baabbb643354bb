import type { Deps } from '@/deps/deps'
import { formatAmr, type Amr } from '@/model/factors/assurance'
import { stepUp, type StepUp } from '@/model/factors/step-up'
import type { Client, Session, SessionLookup } from '@/model/types'
import { rejectLogin, startSession, type SessionStart } from './sessions'
import { createToken } from '@/lib/random-token'

export type Proof = {
  /** The methods that the user just authenticated with. */
  methods: Amr
  passkeyId?: string
}

type Rotated = { kind: 'rotated'; token: string; session: Session } | Exclude<StepUp, { kind: 'enough' }>

/**
 * An active session keeps its row; an expired or revoked one gets a successor. Rejected if another request was first, or if
 * the end of the session requires a full login. Belongs in a transaction with the account lock.
 */
export async function rotateAfterReauthentication(
  deps: Deps,
  sessionLookup: SessionLookup,
  client: Client,
  { methods, passkeyId }: Proof,
): Promise<Rotated> {
  const { fresh, max } = deps.config.session
  const proved = stepUp(sessionLookup, methods, { now: deps.now(), fresh, max })
  if (proved.kind !== 'enough') return proved
  const { amr, secondFactorAt, authenticatedAt } = proved
  const rotated =
    sessionLookup.kind === 'ended'
      ? await startSuccessor(deps, sessionLookup, client, {
          origin: methods.includes('passkey') ? 'passkey' : 'password',
          amr,
          secondFactorAt,
          authenticatedAt,
          passkeyId,
        })
      : await rotate(deps, sessionLookup.session, {
          authenticated_at: authenticatedAt,
          reauthenticated_at: deps.now(),
          second_factor_at: secondFactorAt,
          amr: formatAmr(amr),
          ...(passkeyId === undefined ? {} : { passkey_id: passkeyId }),
          last_seen_at: deps.now(),
          fingerprint: client.fingerprint,
          user_agent: client.userAgent,
        })
  return rotated ? { kind: 'rotated', ...rotated } : { kind: 'rejected' }
}

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

type Successor = Pick<SessionStart, 'origin' | 'amr' | 'secondFactorAt' | 'authenticatedAt' | 'passkeyId'>

async function startSuccessor(deps: Deps, { session, user }: SessionLookup, client: Client, start: Successor) {
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
  return startSession(deps, user, client, { ...start, isFresh: true, previous_token_hash: session.token_hash })
}
