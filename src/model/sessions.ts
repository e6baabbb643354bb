import type { Deps } from '@/deps'
import { base64url, sha256 } from '@/lib/bytes'
import { compileOnce } from '@/lib/compile-once'
import { hours, seconds } from '@/lib/durations'
import type { EndReason, Schema, SessionBirth } from '@db/schema'
import type { User } from './users'

export type { EndReason }

/** How long an ended session can still say why it ended and whose it was. */
const TOLD_FOR = hours(24)

/** A browser as the server sees it. The fingerprint is what SESSION_PROTECTION compares. */
export type Client = { fingerprint: string; userAgent: string }

export type Session = Omit<Schema['sessions'], 'ended_at' | 'ended_reason'>

/** What a session's token leads to. */
export type Visit =
  { kind: 'live'; session: Session; user: User } | { kind: 'ended'; session: Session; user: User; reason: EndReason }

type Birth = { born: SessionBirth; series_id: string | null }

/**
 * Hands out the new session's token. Only its hash is kept, so a stolen table opens nothing. Undefined where the account
 * was deactivated or its password changed since `user` was read. Belongs in a transaction, so that this stays true.
 */
export async function startSession({ db, now, random }: Deps, user: User, client: Client, { born, series_id }: Birth) {
  const unchanged = db.selectFrom('users').select('id').where('id', '=', user.id).where('deactivated_at', 'is', null)
  if (!(await unchanged.where('password_version', '=', user.password_version).executeTakeFirst())) return undefined
  const token = base64url(random(32))
  const at = now()
  const session: Session = {
    id: base64url(random(16)),
    user_id: user.id,
    token_hash: sha256(token),
    born,
    series_id,
    fingerprint: client.fingerprint,
    user_agent: client.userAgent,
    created_at: at,
    started_at: at,
    credential_at: born === 'password' ? at : null,
    seen_at: at,
  }
  await db.insertInto('sessions').values(session).execute()
  return { token, session }
}

/** The whole of what a page needs to know about its visitor, in one indexed read. */
const readVisit = compileOnce((db: Deps['db']) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select(['email', 'name', 'role', 'deactivated_at', 'password_changed_at', 'password_version'])
    .select('users.created_at as user_created_at')
    .where('token_hash', '=', ''),
)

/** The visit that a token stands for, or undefined where it stands for none, or for one that ended too long ago to tell. */
export async function findVisit(deps: Deps, token: string): Promise<Visit | undefined> {
  const { rows } = await readVisit(deps.db, [sha256(token)])
  const row = rows[0]
  if (!row) return undefined
  const { email, name, role, deactivated_at, password_changed_at, password_version, user_created_at, ...kept } = row
  const user = {
    id: row.user_id,
    email,
    name,
    role,
    password_changed_at,
    password_version,
    created_at: user_created_at,
  }
  const { ended_at, ended_reason, ...session } = kept

  const end =
    ended_at !== null && ended_reason ? { at: ended_at, reason: ended_reason } : endOf(deps, session, deactivated_at)
  if (!end) return { kind: 'live', session, user }
  if (ended_at === null) await endSession(deps, session, end.reason, end.at)
  return deps.now() - end.at < TOLD_FOR ? { kind: 'ended', session, user, reason: end.reason } : undefined
}

/** When and why this session ended by itself, whichever came first, or undefined while it lives. */
function endOf({ now, config }: Deps, session: Session, deactivated_at: number | null) {
  if (deactivated_at !== null) return { at: deactivated_at, reason: 'deactivated' } as const
  const idle = { at: session.seen_at + config.session.idle, reason: 'idle' } as const
  const absolute = { at: session.started_at + config.session.max, reason: 'absolute' } as const
  const first = idle.at <= absolute.at ? idle : absolute
  return now() >= first.at ? first : undefined
}

/**
 * Notes that a person is at work. Written at most every five seconds (or a sixtieth of a shorter limit), so that a busy
 * page costs no write each time; a session may therefore end that much early, and never late. An ended one stays ended.
 */
export async function slideSession({ db, now, config }: Deps, session: Session) {
  const at = now()
  if (at - session.seen_at < Math.min(seconds(5), config.session.idle / 60)) return
  const slid = db.updateTable('sessions').set({ seen_at: at }).where('id', '=', session.id)
  await slid.where('ended_at', 'is', null).where('seen_at', '<', at).execute()
}

/** Whether this very session saw a credential typed lately; its age does not count. */
export const isFresh = ({ now, config }: Deps, session: Session) =>
  session.credential_at !== null && now() - session.credential_at < config.session.fresh

/** The session as it is once it is no longer fresh: the next sensitive page asks for the password again. */
export async function endFreshness({ db }: Deps, session: Session): Promise<Session> {
  await db.updateTable('sessions').set({ credential_at: null }).where('id', '=', session.id).execute()
  return { ...session, credential_at: null }
}

/** Ends a session, unless it has ended already: the first reason stays. */
export async function endSession({ db, now }: Deps, session: Pick<Session, 'id'>, reason: EndReason, at = now()) {
  const ended = db.updateTable('sessions').set({ ended_at: at, ended_reason: reason }).where('id', '=', session.id)
  await ended.where('ended_at', 'is', null).execute()
}

/** Ends all the user's sessions but the one to keep. */
export async function endSessionsOf({ db, now }: Deps, user: Pick<User, 'id'>, reason: EndReason, kept?: Session) {
  const ended = db.updateTable('sessions').set({ ended_at: now(), ended_reason: reason }).where('user_id', '=', user.id)
  await ended
    .where('id', '!=', kept?.id ?? '')
    .where('ended_at', 'is', null)
    .execute()
}

/** Takes the token from an ended session: whoever kept a copy of it is no longer told whose it was. */
export async function forgetToken({ db }: Deps, session: Session) {
  const forgotten = db.updateTable('sessions').set({ token_hash: null }).where('id', '=', session.id)
  await forgotten.where('ended_at', 'is not', null).execute()
}
