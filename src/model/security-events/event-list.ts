import type { FailedLoginKind, Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { idPrefixAt } from '@/lib/sortable-id'
import { browserName } from '@/lib/user-agent'
import { formatCursor, type EventCursor } from './event-cursor'
import { findLastFailedLoginId, listFailedLoginsAfter, listFailedLoginsBefore } from './failed-logins'
import { EVENT_RETENTION, findLastEvent } from './security-events'

const PAGE_SIZE = 20
const MAX_REPLAYED = 100

export type SecurityEvent = Omit<Schema['security_events'], 'user_id'>

const selectEvents = ({ db, now }: Deps, userId: string) =>
  db
    .selectFrom('security_events')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', '>=', idPrefixAt(now() - EVENT_RETENTION + 1))

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

export async function listEventsOf(deps: Deps, { id }: { id: string }, before = '') {
  const newest = selectEvents(deps, id)
    .orderBy('id', 'desc')
    .limit(PAGE_SIZE + 1)
  const events = await (before === '' ? newest : newest.where('id', '<', before)).execute()
  const failures = await listFailedLoginsBefore(deps, id, before, PAGE_SIZE + 1)
  const found = [...events, ...failures.map(toEvent)].toSorted(byId).toReversed()
  return { events: found.slice(0, PAGE_SIZE), hasMore: found.length > PAGE_SIZE }
}

export async function listEventsAfter(deps: Deps, userId: string, after: EventCursor): Promise<SecurityEvent[]> {
  const later = selectEvents(deps, userId).where('id', '>', after.event).orderBy('id').limit(MAX_REPLAYED)
  const events = await later.execute()
  const failures = await listFailedLoginsAfter(deps, userId, after.failedLogin, MAX_REPLAYED)
  return [...events, ...failures.map(toEvent)].toSorted(byId).slice(0, MAX_REPLAYED)
}

export const findLastEventId = async (deps: Deps, userId: string) =>
  formatCursor({
    event: (await findLastEvent(deps, userId))?.id ?? '',
    failedLogin: await findLastFailedLoginId(deps, userId),
  })

/** As far as stored events go back. True if there is no login yet: the first browser is not a new device. */
export async function hasUsedBrowser(deps: Deps, userId: string, userAgent: string) {
  const logins = selectEvents(deps, userId)
    .where('kind', 'in', ['logged-in', 'session-restored', 'reauthenticated'])
    .limit(1)
  if (!(await logins.executeTakeFirst())) return true
  return (await logins.where('browser', '=', browserName(userAgent)).executeTakeFirst()) !== undefined
}
