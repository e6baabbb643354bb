import type { ExpressionBuilder } from 'kysely'
import type { EventActor } from '@db/account-tables'
import { sendWrite } from '@db/send-write'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { AuthEvent, EventKind } from '@/deps/events'
import { days, hours } from '@/lib/duration'
import { idPrefixAt, nextId } from '@/lib/sortable-id'
import { browserName } from '@/lib/user-agent'
import { enqueueNotification } from '@/model/notifications/notifications'

export const EVENT_RETENTION = days(365)

/** An attacker can repeat these events. One row per hour keeps the others visible. */
const COALESCE_WINDOW = hours(1)
const COALESCED_KINDS: readonly AuthEvent['kind'][] = [
  'client-changed',
  'session-restored',
  'second-step-failed',
  'second-step-abandoned',
]

/** Not in the history of the user. */
const emittedOnly = [
  'token-used',
  'access-denied',
  'reauth-required',
  'rate-limited',
  'attack-suspected',
  'link-opened',
  'link-rejected',
  'sign-up-requested',
  'mail-sent',
  'mail-failed',
  'mail-stalled',
  'user-deleted',
] as const satisfies EventKind[]

const isEmittedOnly = (event: AuthEvent): event is Exclude<AuthEvent, EventInput> =>
  emittedOnly.some((kind) => kind === event.kind)

type EventInput = Exclude<AuthEvent, { kind: (typeof emittedOnly)[number] }>
type StoredEvent = EventInput & { userId: string }
type Recorded = Exclude<EventInput, { kind: 'login-failed' | 'account-locked' }>

type EventContext = {
  userAgent?: string
  ip?: string
  subject?: string | null
  /** The id of the newest event, if the caller has just read it under the account lock. */
  lastId?: string
}

export const isUserVisible = (event: AuthEvent): event is StoredEvent =>
  !isEmittedOnly(event) &&
  event.userId !== undefined &&
  !(event.kind === 'session-ended' && ['idle', 'absolute', 'logout'].includes(event.reason)) &&
  !(event.kind === 'login-failed' && event.reason === 'user-changed')

/**
 * Stores and emits the event, and writes the mail that reports it. Belongs in the transaction of the change that it reports,
 * which holds the account lock: ids become visible in their order, so a page that reads the newer ones misses none.
 */
export async function recordEvent(deps: Deps, event: Recorded, context: EventContext = {}) {
  if (!isUserVisible(event)) return deps.emit(event)
  await inTransaction(
    deps,
    async (deps) => {
      const row = await buildRow(deps, event, context)
      await sendWrite(deps.db, deps.db.insertInto('security_events').values(row))
      await deleteOldOfGroup(deps, event)
      await enqueueNotification(deps, event, context)
      deps.emit(event)
    },
    { locks: [accountLock(event.userId)] },
  )
}

/** Events that a user or an attacker can repeat. Each group has its own cap, and so have all other kinds together. */
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
  ['password-reset-requested', 'verification-requested'],
  ['email-change-requested'],
  ['passkey-declined'],
  ['second-step-required', 'second-step-failed', 'second-step-abandoned', 'codes-locked'],
  [
    'factor-added',
    'factor-removed',
    'recovery-codes-created',
    'recovery-code-used',
    'two-step-enabled',
    'two-step-disabled',
    'browser-trusted',
    'trusted-browsers-revoked',
  ],
  ['factor-reset-requested', 'factor-reset-confirmed', 'factor-reset-cancelled'],
]

/** Per group, so that logins cannot push out a password change. */
async function deleteOldOfGroup({ db, config }: Deps, { userId, kind }: Pick<StoredEvent, 'userId' | 'kind'>) {
  const kinds = REPEATABLE.find((group) => group.some((one) => one === kind))
  const inGroup = (eb: ExpressionBuilder<Schema, 'security_events'>) =>
    kinds ? eb('kind', 'in', kinds) : eb('kind', 'not in', REPEATABLE.flat())
  const newestSurplus = db
    .selectFrom('security_events')
    .select('id')
    .where('user_id', '=', userId)
    .where(inGroup)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(config.rowCaps.perUser.securityEventsPerGroup)
  const events = db.deleteFrom('security_events').where('user_id', '=', userId).where(inGroup)
  await sendWrite(db, events.where('id', '<=', newestSurplus))
}

const deleteExpired = ({ db, now }: Deps, userId: string) =>
  db
    .deleteFrom('security_events')
    .where('user_id', '=', userId)
    .where('id', '<', idPrefixAt(now() - EVENT_RETENTION + 1))
    .execute()

/** Handles the next `max` users. Returns the id of the last one if there may be more. */
export async function deleteExpiredEvents(deps: Deps, after: string, max: number) {
  const next = deps.db.selectFrom('users').select('id').where('id', '>', after).orderBy('id').limit(max)
  const users = await next.execute()
  for (const { id } of users) await deleteExpired(deps, id)
  return users.length < max ? undefined : users.at(-1)?.id
}

async function buildRow(
  deps: Deps,
  event: StoredEvent,
  { userAgent, ip = '', subject = subjectOf(event), lastId }: EventContext,
) {
  const last = lastId ?? (await findLastEvent(deps, event.userId))?.id
  const coalesced = COALESCED_KINDS.includes(event.kind)
    ? await takeCoalesced(deps, event.userId, event.kind, reasonOf(event))
    : undefined
  const at = deps.now()
  return {
    id: nextId(last, at),
    user_id: event.userId,
    kind: event.kind,
    reason: reasonOf(event),
    actor: actorOf(event),
    subject,
    browser: userAgent === undefined ? '' : browserName(userAgent),
    ip,
    created_at: at,
    count: (coalesced?.count ?? 0) + 1,
  }
}

const takeCoalesced = ({ db, now }: Deps, userId: string, kind: StoredEvent['kind'], reason: string | null) =>
  db
    .deleteFrom('security_events')
    .where('user_id', '=', userId)
    .where('id', '>=', idPrefixAt(now() - COALESCE_WINDOW + 1))
    .where('kind', '=', kind)
    .where('reason', reason === null ? 'is' : '=', reason)
    .returning('count')
    .executeTakeFirst()

function reasonOf(event: StoredEvent) {
  if ('reason' in event && event.reason) return event.reason
  if ('amr' in event && BEYOND_FIRST_FACTOR.test(event.amr)) return event.amr
  if ('how' in event && isReported(event.how)) return event.how
  if ('firstFactor' in event && event.firstFactor !== 'password') return event.firstFactor
  if ('place' in event && event.place !== 'login') return event.place
  return 'factor' in event ? event.factor : null
}

const BEYOND_FIRST_FACTOR = /passkey|totp|recovery-code|security-key|trusted-browser/

const isReported = (how: string | undefined) => how === 'reset' || how === 'email-code'

function subjectOf(event: StoredEvent) {
  if (event.kind === 'role-changed') return event.to
  return event.kind === 'recovery-code-used' ? `${event.left}` : null
}

const actorOf = (event: StoredEvent): EventActor | null =>
  'by' in event ? (event.by === event.userId ? 'self' : 'other') : null

export const findLastEvent = (deps: Deps, userId: string) => selectLastEvent(deps, userId).executeTakeFirst()

export const selectLastEvent = ({ db }: Deps, userId: string) =>
  db.selectFrom('security_events').select('id').where('user_id', '=', userId).orderBy('id', 'desc').limit(1)
