import type { ExpressionBuilder } from 'kysely'
import type { FailedLoginKind, EventActor, Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { AuthEvent } from '@/deps/events'
import { days, hours } from '@/lib/duration'
import { idPrefixAt, nextId } from '@/lib/sortable-id'
import { browserName } from '@/lib/user-agent'
import { formatCursor, type EventCursor } from './event-cursor'
import { findLastFailedLoginId, listFailedLoginsAfter, listFailedLoginsBefore } from './failed-logins'

/** How long the history of an account goes back. */
export const EVENT_RETENTION = days(365)
const PAGE_SIZE = 20

/** What anybody can make happen, or a thief, again and again is one line for so long: nobody pushes the rest out of sight. */
const COALESCE_WINDOW = hours(1)
const COALESCED_KINDS: readonly AuthEvent['kind'][] = ['client-changed', 'session-restored']
const MAX_REPLAYED = 100

/** A row of the history as it is shown. */
export type SecurityEvent = Omit<Schema['security_events'], 'user_id'>

type EventInput = Exclude<
  AuthEvent,
  { kind: 'token-used' | 'access-denied' | 'reauth-required' | 'rate-limited' | 'attack-suspected' }
>
type StoredEvent = EventInput & { userId: string }
/** Failed logins have a table of their own, by email address. */
type Recorded = Exclude<EventInput, { kind: 'login-failed' | 'account-locked' }>

/** What an event does not say about itself: the browser that it came from, and what it was about. */
type EventContext = { userAgent?: string; ip?: string; subject?: string | null }

// What people need no line for: a session ends by itself or by its own logout, which is a line already.
export const isUserVisible = (event: AuthEvent): event is StoredEvent =>
  event.kind !== 'token-used' &&
  event.kind !== 'access-denied' &&
  event.kind !== 'reauth-required' &&
  event.kind !== 'rate-limited' &&
  event.kind !== 'attack-suspected' &&
  event.userId !== undefined &&
  !(event.kind === 'session-ended' && ['idle', 'absolute', 'logout'].includes(event.reason)) &&
  !(event.kind === 'login-failed' && event.reason === 'user-changed')

/** Writes an event into its user's history, in the same transaction as what happened, and tells it. */
export async function recordEvent(deps: Deps, event: Recorded, its: EventContext = {}) {
  if (!isUserVisible(event)) return deps.emit(event)
  await inTransaction(deps, async (deps) => {
    const line = await buildRow(deps, event, its)
    await deps.db.insertInto('security_events').values(line).execute()
    await deleteOldOfGroup(deps, event)
    deps.emit(event)
  })
}

/** Events that a user can cause without end. Each of these groups, and all other kinds together, has its own cap. */
const REPEATABLE: readonly (readonly Recorded['kind'][])[] = [
  [
    'logged-in',
    'new-device',
    'reauthenticated',
    'logged-out',
    'session-restored',
    'client-changed',
    'session-ended',
    'sessions-revoked',
    'device-revoked',
    'remember-token-reused',
  ],
  ['token-created', 'token-revoked'],
]

/** Deletes all but the newest events of the group. Logins cannot push out a password change. */
async function deleteOldOfGroup({ db, config }: Deps, { userId, kind }: Pick<StoredEvent, 'userId' | 'kind'>) {
  const kinds = REPEATABLE.find((group) => group.some((one) => one === kind))
  const inGroup = (its: ExpressionBuilder<Schema, 'security_events'>) =>
    kinds ? its('kind', 'in', kinds) : its('kind', 'not in', REPEATABLE.flat())
  const ofGroup = db.selectFrom('security_events').where('user_id', '=', userId).where(inGroup)
  const newestToGo = ofGroup
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .offset(config.rowCaps.perUser.securityEventsPerGroup)
  await db
    .deleteFrom('security_events')
    .where('user_id', '=', userId)
    .where(inGroup)
    .where('id', '<=', newestToGo)
    .execute()
}

const deleteExpired = ({ db, now }: Deps, userId: string) =>
  db
    .deleteFrom('security_events')
    .where('user_id', '=', userId)
    .where('id', '<', idPrefixAt(now() - EVENT_RETENTION + 1))
    .execute()

/** Deletes the expired events of the next users, at most so many. The id of the last one, if there are more. */
export async function deleteExpiredEvents(deps: Deps, after: string, most: number) {
  const next = deps.db.selectFrom('users').select('id').where('id', '>', after).orderBy('id').limit(most)
  const users = await next.execute()
  for (const { id } of users) await deleteExpired(deps, id)
  return users.length < most ? undefined : users.at(-1)?.id
}

async function buildRow(
  deps: Deps,
  event: StoredEvent,
  { userAgent, ip = '', subject = subjectOf(event) }: EventContext,
) {
  const last = await findLastEvent(deps, event.userId)
  const same = COALESCED_KINDS.includes(event.kind) ? await takeCoalesced(deps, event.userId, event.kind) : undefined
  const at = deps.now()
  const from = { browser: userAgent === undefined ? '' : browserName(userAgent), ip }
  const its = { kind: event.kind, reason: 'reason' in event ? event.reason : null, actor: actorOf(event), subject }
  const count = (same?.count ?? 0) + 1
  return { id: nextId(last?.id, at), user_id: event.userId, ...its, ...from, created_at: at, count }
}

/** The line of the same storm, which a new one takes the place of. */
const takeCoalesced = ({ db, now }: Deps, userId: string, kind: StoredEvent['kind']) =>
  db
    .deleteFrom('security_events')
    .where('user_id', '=', userId)
    .where('id', '>=', idPrefixAt(now() - COALESCE_WINDOW + 1))
    .where('kind', '=', kind)
    .returning('count')
    .executeTakeFirst()

const subjectOf = (event: StoredEvent) => (event.kind === 'role-changed' ? event.to : null)

const actorOf = (event: StoredEvent): EventActor | null =>
  'by' in event ? (event.by === event.userId ? 'self' : 'other') : null

const findLastEvent = ({ db }: Deps, userId: string) =>
  db
    .selectFrom('security_events')
    .select('id')
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()

const readEvents = ({ db, now }: Deps, userId: string) =>
  db
    .selectFrom('security_events')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', '>=', idPrefixAt(now() - EVENT_RETENTION + 1))

/** What the history shows for a failed login. */
const kindOfFailure = {
  'wrong-password': 'login-failed',
  'account-locked': 'account-locked',
} as const satisfies Record<FailedLoginKind, AuthEvent['kind']>

const toEvent = ({ id, kind, browser, ip, created_at, count }: Schema['failed_logins']): SecurityEvent => ({
  id,
  kind: kindOfFailure[kind],
  reason: null,
  actor: null,
  subject: null,
  browser,
  ip,
  created_at,
  count,
})

const byId = (a: SecurityEvent, b: SecurityEvent) => (a.id < b.id ? -1 : 1)

/** A page of the user's history, newest first, before the event with the id `before`; and whether there is more. */
export async function listEventsOf(deps: Deps, { id }: { id: string }, before = '') {
  const newest = readEvents(deps, id)
    .orderBy('id', 'desc')
    .limit(PAGE_SIZE + 1)
  const events = await (before === '' ? newest : newest.where('id', '<', before)).execute()
  const failures = await listFailedLoginsBefore(deps, id, before, PAGE_SIZE + 1)
  const found = [...events, ...failures.map(toEvent)].toSorted(byId).toReversed()
  return { events: found.slice(0, PAGE_SIZE), hasMore: found.length > PAGE_SIZE }
}

/** What has happened to the user after this place in their history, oldest first. */
export async function listEventsAfter(deps: Deps, userId: string, after: EventCursor): Promise<SecurityEvent[]> {
  const later = readEvents(deps, userId).where('id', '>', after.event).orderBy('id').limit(MAX_REPLAYED)
  const events = await later.execute()
  const failures = await listFailedLoginsAfter(deps, userId, after.failedLogin, MAX_REPLAYED)
  return [...events, ...failures.map(toEvent)].toSorted(byId).slice(0, MAX_REPLAYED)
}

/** The newest place in the user's history, as a server-sent event names it. */
export const findLastEventId = async (deps: Deps, userId: string) =>
  formatCursor({
    event: (await findLastEvent(deps, userId))?.id ?? '',
    failedLogin: await findLastFailedLoginId(deps, userId),
  })

/** Whether this user has ever come in by this browser, as far as the history goes back; true for the very first time. */
export async function hasUsedBrowser(deps: Deps, userId: string, userAgent: string) {
  const logins = readEvents(deps, userId)
    .where('kind', 'in', ['logged-in', 'session-restored', 'reauthenticated'])
    .limit(1)
  if (!(await logins.executeTakeFirst())) return true
  return (await logins.where('browser', '=', browserName(userAgent)).executeTakeFirst()) !== undefined
}
