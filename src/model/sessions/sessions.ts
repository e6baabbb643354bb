import { compileOnce, givenText, preparedWrite } from '@db/sqlite/prepared-read'
import type { EndReason, Schema, SessionBirth } from '@db/schema'
import { writeAside, type Deps } from '@/deps/deps'
import { base64url, sha256 } from '@/lib/encoding'
import { hours, seconds } from '@/lib/duration'
import type { Client, Session, User, Visit } from '@/model/types'
import { findTimeout } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import { deleteOldEndedSessions, endOverflow, endSession } from './end'
import { issueToken } from '@/lib/random-token'
import { joinedUserColumns, toUser } from '@/model/users/columns'
import { findChange } from '@/model/users/users'

/** How long an ended session can still say why it ended and whose it was. */
const TOLD_FOR = hours(24)

type Birth = {
  born: SessionBirth
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
export async function startSession(deps: Deps, user: User, client: Client, birth: Birth) {
  if (await isRefused(deps, user, birth.isForced)) return undefined
  const isShut = birth.isForced && (await findChange(deps, user)) === 'deactivated'
  const { token, token_hash } = issueToken(deps)
  const at = deps.now()
  const session: Session = {
    id: base64url(deps.random(16)),
    user_id: user.id,
    token_hash,
    previous_token_hash: birth.previous_token_hash ?? null,
    renewed_at: birth.previous_token_hash ? at : null,
    born: birth.born,
    series_id: birth.series_id ?? null,
    fingerprint: client.fingerprint,
    user_agent: client.userAgent,
    first_address: client.address,
    last_address: client.address,
    created_at: at,
    started_at: at,
    credential_at: birth.isFresh ? at : null,
    seen_at: at,
    forced_at: isShut ? at : null,
    renewal_due_at: null,
  }
  await deps.db.insertInto('sessions').values(session).execute()
  await endOverflow(deps, session)
  await deleteOldEndedSessions(deps, user.id)
  return { token, session }
}

/** Whether this user is no longer as they were read, or is deactivated, so that no session may start; that is told. */
export async function isRefused(deps: Deps, user: User, isForced = false) {
  const change = await findChange(deps, user)
  if (!change || (change === 'deactivated' && isForced)) return false
  deps.tell({ kind: 'login-failed', reason: change, userId: user.id })
  return true
}

/** The whole of what a page needs to know about its visitor, in one indexed read. */
const readVisit = compileOnce((db: Deps['db']) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select(joinedUserColumns)
    .select('users.deactivated_at')
    .where('token_hash', '=', givenText),
)

/** The visit that a token stands for, or undefined where it stands for none, or for one that ended too long ago to tell. */
export async function findVisit(deps: Deps, token: string): Promise<Visit | undefined> {
  const [row] = await readVisit(deps.db, [sha256(token)])
  if (!row) return undefined
  const end = endOf(deps, row)
  if (!end) return { kind: 'live', session: row, user: toUser(row) }
  if (row.ended_at === null) await writeAside(deps, () => endSession(deps, row, end.reason, end.at)) // it is over all the same
  return deps.now() - end.at < TOLD_FOR
    ? { kind: 'ended', session: row, user: toUser(row), reason: end.reason }
    : undefined
}

type Row = Schema['sessions'] & { deactivated_at: number | null }

/** When and why this session ended, by somebody's hand or by itself, whichever came first; undefined while it lives. */
function endOf(deps: Deps, row: Row): { at: number; reason: EndReason } | undefined {
  if (row.ended_at !== null && row.ended_reason) return { at: row.ended_at, reason: row.ended_reason }
  if (row.deactivated_at !== null && row.forced_at === null) return { at: row.deactivated_at, reason: 'deactivated' }
  return findTimeout(deps, row)
}

/** Whether it is so long since a person was seen at work that it is noted again. */
export function isToSlide({ now, config }: Deps, { seen_at }: Session) {
  const since = now() - seen_at // less than nothing where the clock was set back
  return since < 0 || since >= Math.min(seconds(5), config.session.idle / 60)
}

/** Conditional, so that of two requests one writes and an ended session stays ended. */
const writeSlide = preparedWrite((db: Deps['db']) =>
  db
    .updateTable('sessions')
    .set({ seen_at: 0, last_address: '' })
    .where('id', '=', '')
    .where('seen_at', '=', 0)
    .where('ended_at', 'is', null),
)

/**
 * Notes that a person is at work. Written at most every five seconds (or a sixtieth of a shorter limit), so that a busy
 * page costs no write each time; a session may therefore end that much early, and never late. An ended one stays ended.
 * Where it cannot be written the page is shown all the same, and the session ends the earlier for it. Hands the session
 * back as it surely stands then.
 */
export async function slideSession(deps: Deps, session: Session, client: Client): Promise<Session> {
  if (!isToSlide(deps, session)) return session
  const at = deps.now()
  const its = { seen_at: at, last_address: client.address }
  const values = [at, client.address, session.id, session.seen_at]
  return (await writeAside(deps, () => writeSlide(deps.db, values))) ? { ...session, ...its } : session
}

/** Whether this very session saw a credential typed lately; its age does not count. */
export const isFresh = ({ now, config }: Deps, session: Session) =>
  session.credential_at !== null && now() - session.credential_at < config.session.fresh

/**
 * The session in the hands of another client than it was given to: it is no longer fresh, and the new client is the one
 * that the next is compared with. Tells of it, once for each change.
 */
export async function changeClient(deps: Deps, session: Session, client: Client): Promise<Session> {
  const its = { credential_at: null, fingerprint: client.fingerprint, user_agent: client.userAgent }
  const changed = deps.db.updateTable('sessions').set(its).where('id', '=', session.id)
  const isFirst = changed.where('fingerprint', '=', session.fingerprint).returning('id').executeTakeFirst()
  if (await isFirst)
    await recordEvent(deps, { kind: 'fingerprint-changed', userId: session.user_id, sessionId: session.id }, client)
  return { ...session, ...its }
}
