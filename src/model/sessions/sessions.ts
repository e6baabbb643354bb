import { preparedRead, textParam, preparedWrite } from '@db/sqlite/prepared-read'
import type { EndReason, Schema, SessionOrigin } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { writeBestEffort } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { hours, seconds } from '@/lib/duration'
import type { Client, Session, User, SessionLookup } from '@/model/types'
import { findTimeout } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import { deleteOldEndedSessions, enforceMaxSessions, endSession } from './end'
import { createToken } from '@/lib/random-token'
import { joinedUserColumns, toUser } from '@/model/users/columns'
import { staleReason } from '@/model/users/users'

/** How long an ended session can still say why it ended and whose it was. */
const ENDED_VISIBLE_FOR = hours(24)

type SessionStart = {
  origin: SessionOrigin
  /** Whether a credential was typed for it just now. */
  isFresh: boolean
  /** Whether it may belong to a deactivated user. */
  isForced?: boolean
  series_id?: string
  previous_token_hash?: string | null
}

/**
 * Hands out the new session's token. Undefined where the user is no longer as they were read, or is deactivated; that is
 * told. Belongs in a transaction.
 */
export async function startSession(deps: Deps, user: User, client: Client, birth: SessionStart) {
  if (await rejectLogin(deps, user, birth.isForced)) return undefined
  const isLocked = birth.isForced && (await staleReason(deps, user)) === 'deactivated'
  const { token, token_hash } = createToken(deps)
  const at = deps.now()
  const session: Session = {
    id: base64url(deps.random(16)),
    user_id: user.id,
    token_hash,
    previous_token_hash: birth.previous_token_hash ?? null,
    rotated_at: birth.previous_token_hash ? at : null,
    started_by: birth.origin,
    series_id: birth.series_id ?? null,
    fingerprint: client.fingerprint,
    user_agent: client.userAgent,
    first_ip: client.ip,
    last_ip: client.ip,
    created_at: at,
    authenticated_at: at,
    reauthenticated_at: birth.isFresh ? at : null,
    last_seen_at: at,
    forced_at: isLocked ? at : null,
    rotation_due_at: null,
  }
  await deps.db.insertInto('sessions').values(session).execute()
  await enforceMaxSessions(deps, session)
  await deleteOldEndedSessions(deps, user.id)
  return { token, session }
}

/** Whether this user is no longer as they were read, or is deactivated, so that no session may start; that is told. */
export async function rejectLogin(deps: Deps, user: User, isForced = false) {
  const change = await staleReason(deps, user)
  if (!change || (change === 'deactivated' && isForced)) return false
  deps.emit({ kind: 'login-failed', reason: change, userId: user.id })
  return true
}

/** The whole of what a page needs to know about its visitor, in one indexed read. */
const selectSession = preparedRead((db: Deps['db']) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select(joinedUserColumns)
    .select('users.deactivated_at')
    .where('token_hash', '=', textParam),
)

/** The visit that a token stands for, or undefined where it stands for none, or for one that ended too long ago to tell. */
export async function findSession(deps: Deps, token: string): Promise<SessionLookup | undefined> {
  const [row] = await selectSession(deps.db, [sha256(token)])
  if (!row) return undefined
  const end = endOfSession(deps, row)
  if (!end) return { kind: 'active', session: row, user: toUser(row) }
  if (row.ended_at === null) await writeBestEffort(deps, () => endSession(deps, row, end.reason, end.at)) // it is over all the same
  return deps.now() - end.at < ENDED_VISIBLE_FOR
    ? { kind: 'ended', session: row, user: toUser(row), reason: end.reason }
    : undefined
}

type Row = Schema['sessions'] & { deactivated_at: number | null }

/** When and why this session ended, by somebody's hand or by itself, whichever came first; undefined while it lives. */
function endOfSession(deps: Deps, row: Row): { at: number; reason: EndReason } | undefined {
  if (row.ended_at !== null && row.ended_reason) return { at: row.ended_at, reason: row.ended_reason }
  if (row.deactivated_at !== null && row.forced_at === null) return { at: row.deactivated_at, reason: 'deactivated' }
  return findTimeout(deps, row)
}

/** Whether it is so long since a person was seen at work that it is noted again. */
export function shouldExtend({ now, config }: Deps, { last_seen_at }: Session) {
  const since = now() - last_seen_at // less than nothing where the clock was set back
  return since < 0 || since >= Math.min(seconds(5), config.session.idle / 60)
}

/** Conditional, so that of two requests one writes and an ended session stays ended. */
const writeSlide = preparedWrite((db: Deps['db']) =>
  db
    .updateTable('sessions')
    .set({ last_seen_at: 0, last_ip: '' })
    .where('id', '=', '')
    .where('last_seen_at', '=', 0)
    .where('ended_at', 'is', null),
)

/**
 * Notes that a person is at work. Written at most every five seconds (or a sixtieth of a shorter limit), so that a busy
 * page costs no write each time; a session may therefore end that much early, and never late. An ended one stays ended.
 * Where it cannot be written the page is shown all the same, and the session ends the earlier for it. Hands the session
 * back as it surely stands then.
 */
export async function extendSession(deps: Deps, session: Session, client: Client): Promise<Session> {
  if (!shouldExtend(deps, session)) return session
  const at = deps.now()
  const its = { last_seen_at: at, last_ip: client.ip }
  const values = [at, client.ip, session.id, session.last_seen_at]
  return (await writeBestEffort(deps, () => writeSlide(deps.db, values))) ? { ...session, ...its } : session
}

/** Whether this very session saw a credential typed lately; its age does not count. */
export const isFresh = ({ now, config }: Deps, session: Session) =>
  session.reauthenticated_at !== null && now() - session.reauthenticated_at < config.session.fresh

/**
 * The session in the hands of another client than it was given to: it is no longer fresh, and the new client is the one
 * that the next is compared with. Tells of it, once for each change.
 */
export async function recordClientChange(deps: Deps, session: Session, client: Client): Promise<Session> {
  const its = { reauthenticated_at: null, fingerprint: client.fingerprint, user_agent: client.userAgent }
  const changed = deps.db.updateTable('sessions').set(its).where('id', '=', session.id)
  const isFirst = changed.where('fingerprint', '=', session.fingerprint).returning('id').executeTakeFirst()
  if (await isFirst)
    await recordEvent(deps, { kind: 'client-changed', userId: session.user_id, sessionId: session.id }, client)
  return { ...session, ...its }
}
