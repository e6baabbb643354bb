import { preparedRead, textParam, preparedWrite } from '@db/prepared-read'
import { sendWrite } from '@db/send-write'
import type { EndReason, SessionOrigin } from '@db/session-tables'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { hours, seconds } from '@/lib/duration'
import type { Client, Session, User, SessionLookup } from '@/model/types'
import { sessionColumns } from './columns'
import { findTimeout } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import { endSession } from './end'
import { deleteOldEndedSessions, enforceMaxSessions } from './session-caps'
import { createToken } from '@/lib/random-token'
import { assuranceLevelOf, formatAmr, isSecondFactor, isTwoStepOn, parseAmr, type Amr } from '@/model/factors/assurance'
import { joinedUserColumns, toUser } from '@/model/users/columns'
import { staleReason } from '@/model/users/users'

/** For this time, a page can say why the session ended and ask its user for the password. */
const ENDED_VISIBLE_FOR = hours(24)

export type SessionStart = {
  origin: SessionOrigin
  /** How the user authenticated. */
  amr: Amr
  isFresh: boolean
  passkeyId?: string
  /** By default now, if the methods are two factors. */
  secondFactorAt?: number | null
  /** Start of the absolute limit, by default now. */
  authenticatedAt?: number
  isForced?: boolean
  series_id?: string
  previous_token_hash?: string | null
  /** By default a random token. */
  token?: SessionToken
}

type SessionToken = ReturnType<typeof createToken>

/** Returns undefined if `rejectLogin` does. Belongs in a transaction with the account lock. */
export async function startSession(deps: Deps, user: User, client: Client, start: SessionStart) {
  if (await rejectLogin(deps, user, start.isForced)) return undefined
  const isLocked = start.isForced && (await staleReason(deps, user)) === 'deactivated'
  const { token, token_hash } = start.token ?? createToken(deps)
  const at = deps.now()
  const session: Session = {
    id: base64url(deps.random(16)),
    user_id: user.id,
    token_hash,
    previous_token_hash: start.previous_token_hash ?? null,
    rotated_at: start.previous_token_hash ? at : null,
    started_by: start.origin,
    series_id: start.series_id ?? null,
    fingerprint: client.fingerprint,
    user_agent: client.userAgent,
    first_ip: client.ip,
    last_ip: client.ip,
    created_at: at,
    authenticated_at: start.authenticatedAt ?? at,
    reauthenticated_at: start.isFresh ? at : null,
    last_seen_at: at,
    forced_at: isLocked ? at : null,
    rotation_due_at: null,
    amr: formatAmr(start.amr),
    second_factor_at: start.secondFactorAt ?? (assuranceLevelOf(start.amr) === 2 ? at : null),
    passkey_id: start.passkeyId ?? null,
  }
  await sendWrite(deps.db, deps.db.insertInto('sessions').values(session))
  await enforceMaxSessions(deps, session)
  await deleteOldEndedSessions(deps, user.id)
  return { token, session }
}

/** Emits `login-failed` if the user was deactivated or the password changed since `user` was read. */
export async function rejectLogin(deps: Deps, user: User, isForced = false) {
  const reason = await staleReason(deps, user)
  if (!reason || (reason === 'deactivated' && isForced)) return false
  deps.emit({ kind: 'login-failed', reason, userId: user.id })
  return true
}

/** One indexed read per page. */
const selectSession = preparedRead((db: Deps['db']) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(sessionColumns)
    .select(['sessions.ended_at', 'sessions.ended_reason'])
    .select(joinedUserColumns)
    .select(['users.deactivated_at', 'users.deletion_at'])
    .where('token_hash', '=', textParam),
)

export async function findSession(
  deps: Deps,
  token: string,
  { isReadOnly = false }: { isReadOnly?: boolean } = {},
): Promise<SessionLookup | undefined> {
  const [row] = await selectSession(deps.db, [sha256(token)])
  if (!row) return undefined
  const end = endOfSession(deps, row)
  if (!end) return { kind: 'active', session: row, user: toUser(row) }
  // Best effort: the session counts as ended anyway.
  if (row.ended_at === null && !isReadOnly) await writeBestEffort(deps, () => endSession(deps, row, end.reason, end.at))
  return deps.now() - end.at < ENDED_VISIBLE_FOR
    ? { kind: 'ended', session: row, user: toUser(row), reason: end.reason }
    : undefined
}

const REPLACED_GRACE = seconds(10)

/** Whether a request in flight has the token from before a rotation. Its response must not clear newer cookies. */
export async function wasReplaced({ db, now }: Deps, token: string | undefined) {
  const replaced = db
    .selectFrom('sessions')
    .select('id')
    .where('previous_token_hash', '=', sha256(token ?? ''))
    .where('rotated_at', '>', now() - REPLACED_GRACE)
    .where('ended_at', 'is', null)
  return (await replaced.executeTakeFirst()) !== undefined
}

type Row = Schema['sessions'] & Pick<Schema['users'], 'deactivated_at' | 'deletion_at'>

function endOfSession(deps: Deps, row: Row): { at: number; reason: EndReason } | undefined {
  if (row.ended_at !== null && row.ended_reason) return { at: row.ended_at, reason: row.ended_reason }
  if (row.deactivated_at !== null && row.forced_at === null) return { at: row.deactivated_at, reason: 'deactivated' }
  if (row.deletion_at !== null) return { at: row.last_seen_at, reason: 'deleted' }
  return findTimeout(deps, row)
}

export function shouldExtend({ now, config }: Deps, { last_seen_at }: Session) {
  const idle = now() - last_seen_at // negative if the clock was set back
  return idle < 0 || idle >= Math.min(seconds(5), config.session.idle / 60)
}

/** One of parallel requests writes, and an ended session stays ended. */
const writeExtension = preparedWrite((db: Deps['db']) =>
  db
    .updateTable('sessions')
    .set({ last_seen_at: 0, last_ip: '' })
    .where('id', '=', '')
    .where('last_seen_at', '=', 0)
    .where('ended_at', 'is', null),
)

/** Written at most every 5 s, so a session may end 5 s early, but never late. Best effort. */
export async function extendSession(deps: Deps, session: Session, client: Client): Promise<Session> {
  if (!shouldExtend(deps, session)) return session
  const at = deps.now()
  const extended = { ...session, last_seen_at: at, last_ip: client.ip }
  const values = [at, client.ip, session.id, session.last_seen_at]
  return (await writeBestEffort(deps, () => writeExtension(deps.db, values))) ? extended : session
}

/** With two-step verification, the second factor must be as recent as the first. */
export function isFresh({ now, config }: Deps, session: Session, user: Pick<User, 'two_step_enabled_at'>) {
  const isRecent = (at: number | null) => at !== null && now() - at < config.session.fresh
  return isRecent(session.reauthenticated_at) && (!isTwoStepOn(user) || isRecent(session.second_factor_at))
}

/**
 * Called when the user agent of a session changes: the session loses freshness and its second factor, and the new user
 * agent becomes the reference. One of parallel requests records the event.
 */
export async function recordClientChange(deps: Deps, session: Session, client: Client): Promise<Session> {
  const changes = {
    reauthenticated_at: null,
    second_factor_at: null,
    amr: formatAmr(parseAmr(session).filter((method) => method !== 'passkey' && !isSecondFactor(method))),
    fingerprint: client.fingerprint,
    user_agent: client.userAgent,
  }
  const changed = await deps.db
    .updateTable('sessions')
    .set(changes)
    .where('id', '=', session.id)
    .where('fingerprint', '=', session.fingerprint)
    .returning('id')
    .executeTakeFirst()
  if (changed)
    await recordEvent(deps, { kind: 'client-changed', userId: session.user_id, sessionId: session.id }, client)
  return { ...session, ...changes }
}
