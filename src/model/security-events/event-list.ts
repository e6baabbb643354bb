import type { FailedLoginKind } from '@db/account-tables'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { idPrefixAt } from '@/lib/sortable-id'
import { days } from '@/lib/duration'
import { browserName } from '@/lib/user-agent'
import { formatCursor, type EventCursor } from './event-cursor'
import {
  findLastFailedLoginId,
  findUsersWithFailedLogins,
  listFailedLoginsAfter,
  listFailedLoginsBefore,
} from './failed-logins'
import { EVENT_RETENTION, findLastEvent, selectLastEvent } from './security-events'
import type { Client } from '@/model/types'

const PAGE_SIZE = 20
const MAX_REPLAYED = 100

export type SecurityEvent = Omit<Schema['security_events'], 'user_id'>

/** Stored as the choice of a user, not as news. */
const HIDDEN_KIND = 'passkey-declined' satisfies AuthEvent['kind']

const selectEvents = ({ db, now }: Deps, userId: string) =>
  db
    .selectFrom('security_events')
    .select(['id', 'kind', 'reason', 'actor', 'subject', 'browser', 'ip', 'created_at', 'count'])
    .where('user_id', '=', userId)
    .where('id', '>=', idPrefixAt(now() - EVENT_RETENTION + 1))
    .where('kind', '!=', HIDDEN_KIND)

const kindOfFailure = {
  'wrong-password': 'login-failed',
  'account-locked': 'account-locked',
} as const satisfies Record<FailedLoginKind, AuthEvent['kind']>

type FailedLogin = Omit<Schema['failed_logins'], 'email_hash'>

const toEvent = ({ id, kind, browser, ip, created_at, count }: FailedLogin): SecurityEvent => ({
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

/** `before` and `after` are ids of events. */
type PageOptions = { before?: string; after?: string }

export type EventPage = { events: SecurityEvent[]; hasNewer: boolean; hasOlder: boolean }

/** One page, newest first. */
export async function listEventsOf(
  deps: Deps,
  { id }: { id: string },
  { before = '', after = '' }: PageOptions = {},
): Promise<EventPage> {
  if (after === '') {
    const events = await listEventsBefore(deps, id, before)
    return { events: events.slice(0, PAGE_SIZE), hasNewer: before !== '', hasOlder: events.length > PAGE_SIZE }
  }
  const later = await listEventsAfter(deps, id, { event: after, failedLogin: after }, PAGE_SIZE + 1)
  if (later.length < PAGE_SIZE) return listEventsOf(deps, { id }) // the newest page is always full
  return { events: later.slice(0, PAGE_SIZE).toReversed(), hasNewer: later.length > PAGE_SIZE, hasOlder: true }
}

async function listEventsBefore(deps: Deps, userId: string, before: string): Promise<SecurityEvent[]> {
  const newest = selectEvents(deps, userId)
    .orderBy('id', 'desc')
    .limit(PAGE_SIZE + 1)
  const events = await (before === '' ? newest : newest.where('id', '<', before)).execute()
  const failures = await listFailedLoginsBefore(deps, userId, before, PAGE_SIZE + 1)
  return [...events, ...failures.map(toEvent)].toSorted(byId).toReversed()
}

/** Oldest first. */
export async function listEventsAfter(
  deps: Deps,
  userId: string,
  after: EventCursor,
  max = MAX_REPLAYED,
): Promise<SecurityEvent[]> {
  const later = selectEvents(deps, userId).where('id', '>', after.event).orderBy('id').limit(max)
  const events = await later.execute()
  const failures = await listFailedLoginsAfter(deps, userId, after.failedLogin, max)
  return [...events, ...failures.map(toEvent)].toSorted(byId).slice(0, max)
}

/** Chunks, because databases limit the parameters and the depth of a condition. */
const USERS_PER_QUERY = 200

/** Those of the users with events after their cursor. Few statements, because all open pages may be checked at once. */
export async function findUsersWithNews({ db }: Deps, cursors: Map<string, EventCursor>): Promise<Set<string>> {
  const found = new Set<string>()
  const list = [...cursors]
  for (let start = 0; start < list.length; start += USERS_PER_QUERY) {
    const chunk = list.slice(start, start + USERS_PER_QUERY)
    const events = db
      .selectFrom('security_events')
      .select('user_id')
      .where(({ eb, or, and }) =>
        or(chunk.map(([userId, { event }]) => and([eb('user_id', '=', userId), eb('id', '>', event)]))),
      )
    for (const { user_id } of await events.execute()) found.add(user_id)
    const lastIds = new Map(chunk.map(([userId, { failedLogin }]) => [userId, failedLogin]))
    for (const userId of await findUsersWithFailedLogins({ db }, lastIds)) found.add(userId)
  }
  return found
}

export const findLastEventId = async (deps: Deps, userId: string) =>
  formatCursor({
    event: (await findLastEvent(deps, userId))?.id ?? '',
    failedLogin: await findLastFailedLoginId(deps, userId),
  })

/** After it, the login of an attacker makes a browser and network known. Until then, a password change from there stands out. */
const PLACE_NEW_FOR = days(1)

/** True if the first login from this browser and network is recent, and the user logged in from another place before. */
export async function isNewPlace(deps: Deps, userId: string, { userAgent, ip }: Pick<Client, 'userAgent' | 'ip'>) {
  const logins = selectEvents(deps, userId)
    .where('kind', 'in', ['signed-up', 'logged-in', 'session-restored', 'reauthenticated'])
    .where('browser', '!=', '') // an account that the command line created
    .orderBy('id')
    .limit(1)
  const first = await logins.executeTakeFirst()
  const firstHere = await logins.where('browser', '=', browserName(userAgent)).where('ip', '=', ip).executeTakeFirst()
  if (!first || first.id === firstHere?.id) return false
  return !firstHere || firstHere.created_at > deps.now() - PLACE_NEW_FOR
}

/**
 * Whether the user has logged in from this browser, as far as stored events go back. True if there is no login yet: the
 * first browser is not a new device. With the id of the newest event, which is read in the same statement.
 */
export async function findUseOfBrowser(deps: Deps, userId: string, userAgent: string) {
  const logins = selectEvents(deps, userId)
    .clearSelect()
    .select('id')
    .where('kind', 'in', ['logged-in', 'session-restored', 'reauthenticated'])
    .limit(1)
  const { login, known, last } = await deps.db
    .selectNoFrom([
      logins.as('login'),
      logins.where('browser', '=', browserName(userAgent)).as('known'),
      selectLastEvent(deps, userId).as('last'),
    ])
    .executeTakeFirstOrThrow()
  return { isKnown: login === null || known !== null, lastId: last ?? undefined }
}
