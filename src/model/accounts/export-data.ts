import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction, readSnapshot } from '@/deps/transaction'
import { days } from '@/lib/duration'
import { browserName } from '@/lib/user-agent'
import { countTrustedBrowsers } from '@/model/limits/known-devices'
import { confirm, consume, limitLocks } from '@/model/limits/rate-limits'
import { countRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import { listEventsAfter } from '@/model/security-events/event-list'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, RateLimited, User } from '@/model/types'

const SESSIONS_SINCE = days(30)

/** All that the site stores about a user, without hashes, tokens and other people. Times are ISO 8601 in UTC. */
export type ExportedData = Awaited<ReturnType<typeof collect>>

/** Stores and emits `data-exported`. */
export async function exportData(
  deps: Deps,
  user: User,
  client: Client,
): Promise<{ kind: 'ok'; data: ExportedData } | RateLimited> {
  const limited = await recordExport(deps, user, client)
  return limited ?? { kind: 'ok', data: await readSnapshot(deps, (deps) => collect(deps, user)) }
}

/** A transaction of its own: the lists are long, and nothing else could write while they are read. */
function recordExport(deps: Deps, { id }: User, client: Client) {
  const record = async (deps: Deps) => {
    const hit = await consume(deps, 'data-export', id)
    if (hit.kind === 'rate-limited') return hit
    await confirm(deps, hit.id)
    await recordEvent(deps, { kind: 'data-exported', userId: id }, client)
    return undefined
  }
  return inTransaction(deps, record, { locks: [...limitLocks(deps, 'data-export', id), accountLock(id)] })
}

const collect = async (deps: Deps, user: User) => ({
  account: await readAccount(deps, user),
  sessions: await listSessions(deps, user),
  remembered_devices: await listRememberedDevices(deps, user),
  api_tokens: await listApiTokens(deps, user),
  known_devices: await listKnownDevices(deps, user),
  passkeys: await listPasskeys(deps, user),
  authenticator_apps: await listApps(deps, user),
  recovery_codes_left: await countRecoveryCodes(deps, user),
  trusted_browsers: await countTrustedBrowsers(deps, user),
  removal_of_two_step_verification: await findRemoval(deps, user),
  activity: await listActivity(deps, user),
  email_changes: await listEmailChanges(deps, user),
  mails: await listMails(deps, user),
})

const time = (at: number | null = null) => (at === null ? null : new Date(at).toISOString())

async function readAccount({ db }: Deps, user: User) {
  const { id, email, name, role, created_at, password_changed_at, two_step_enabled_at } = user
  const times = await db
    .selectFrom('users')
    .select(['email_verified_at', 'email_rejected_at', 'email_declined_at', 'recovered_at', 'new_device_muted_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  return {
    id,
    email,
    name,
    role,
    created_at: time(created_at),
    password_changed_at: time(password_changed_at),
    password_reset_at: time(times?.recovered_at),
    email_verified_at: time(times?.email_verified_at),
    email_rejected_at: time(times?.email_rejected_at),
    email_declined_at: time(times?.email_declined_at),
    new_login_emails_off_since: time(times?.new_device_muted_at),
    two_step_verification_since: time(two_step_enabled_at),
  }
}

const SESSION_COLUMNS = [
  'created_at',
  'started_by',
  'amr',
  'second_factor_at',
  'last_seen_at',
  'ended_at',
  'ended_reason',
  'user_agent',
  'first_ip',
  'last_ip',
] as const

async function listSessions({ db, now }: Deps, { id }: User) {
  const sessions = db.selectFrom('sessions').select(SESSION_COLUMNS).where('user_id', '=', id)
  const rows = await sessions
    .where('last_seen_at', '>', now() - SESSIONS_SINCE)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    started_at: time(row.created_at),
    started_by: row.started_by,
    methods: row.amr.split(' '),
    second_factor_at: time(row.second_factor_at),
    last_seen_at: time(row.last_seen_at),
    ended_at: time(row.ended_at),
    ended_reason: row.ended_reason,
    browser: browserName(row.user_agent),
    user_agent: row.user_agent,
    first_ip: row.first_ip,
    last_ip: row.last_ip,
  }))
}

async function listRememberedDevices({ db, now }: Deps, { id }: User) {
  const series = db.selectFrom('remember_series').select(['created_at', 'expires_at']).where('user_id', '=', id)
  const rows = await series
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now())
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toPeriod)
}

async function listKnownDevices({ db }: Deps, { id }: User) {
  const devices = db.selectFrom('known_devices').where('user_id', '=', id)
  return (
    await devices.select(['known_at as created_at', 'expires_at']).orderBy('known_at').orderBy('id').execute()
  ).map(toPeriod)
}

const toPeriod = ({ created_at, expires_at }: Pick<Schema['remember_series'], 'created_at' | 'expires_at'>) => ({
  since: time(created_at),
  until: time(expires_at),
})

async function listApiTokens({ db }: Deps, { id }: User) {
  const tokens = db
    .selectFrom('api_tokens')
    .select(['name', 'hint', 'scopes', 'created_at', 'expires_at', 'last_used_at', 'revoked_at'])
    .where('user_id', '=', id)
  return (await tokens.orderBy('created_at', 'desc').orderBy('id').execute()).map((row) => ({
    name: row.name,
    last_characters: row.hint,
    scopes: row.scopes.split(' '),
    created_at: time(row.created_at),
    expires_at: time(row.expires_at),
    last_used_at: time(row.last_used_at),
    revoked_at: time(row.revoked_at),
  }))
}

/** Without the key, the handle and the model of the device. */
async function listPasskeys({ db }: Deps, { id }: User) {
  const passkeys = db
    .selectFrom('passkeys')
    .select(['name', 'created_at', 'last_used_at', 'flagged_at'])
    .where('user_id', '=', id)
  return (await passkeys.orderBy('created_at', 'desc').orderBy('id').execute()).map((row) => ({
    name: row.name,
    created_at: time(row.created_at),
    last_used_at: time(row.last_used_at),
    blocked_at: time(row.flagged_at),
  }))
}

async function listApps({ db }: Deps, { id }: User) {
  const apps = db
    .selectFrom('authenticator_apps')
    .select(['name', 'created_at', 'confirmed_at', 'last_used_at'])
    .where('user_id', '=', id)
  return (await apps.orderBy('created_at', 'desc').orderBy('id').execute()).map((row) => ({
    name: row.name,
    created_at: time(row.created_at),
    confirmed_at: time(row.confirmed_at),
    last_used_at: time(row.last_used_at),
  }))
}

async function findRemoval({ db }: Deps, { id }: User) {
  const row = await db
    .selectFrom('factor_resets')
    .select(['requested_at', 'confirmed_at', 'due_at', 'completed_at'])
    .where('user_id', '=', id)
    .executeTakeFirst()
  return row
    ? {
        requested_at: time(row.requested_at),
        confirmed_at: time(row.confirmed_at),
        due_at: time(row.due_at),
        completed_at: time(row.completed_at),
      }
    : null
}

async function listActivity(deps: Deps, { id }: User) {
  const events = await listEventsAfter(deps, id, { event: '', failedLogin: '' }, Number.MAX_SAFE_INTEGER)
  return events.map(({ kind, reason, actor, subject, browser, ip, created_at, count }) => ({
    at: time(created_at),
    kind,
    reason,
    by: actor,
    subject,
    browser,
    ip,
    count,
  }))
}

async function listEmailChanges({ db }: Deps, { id }: User) {
  const changes = db
    .selectFrom('email_changes')
    .select(['old_email', 'new_email', 'requested_at', 'changed_at', 'cancelled_at', 'undo_expires_at', 'undone_at'])
    .where('user_id', '=', id)
  return (await changes.orderBy('requested_at', 'desc').orderBy('id').execute()).map((row) => ({
    from: row.old_email,
    to: row.new_email,
    requested_at: time(row.requested_at),
    changed_at: time(row.changed_at),
    cancelled_at: time(row.cancelled_at),
    undo_until: time(row.undo_expires_at),
    undone_at: time(row.undone_at),
  }))
}

async function listMails({ db }: Deps, { id }: User) {
  const mails = db.selectFrom('mails').select(['kind', 'created_at', 'sent_at']).where('user_id', '=', id)
  return (await mails.orderBy('created_at', 'desc').orderBy('id').execute()).map(({ kind, created_at, sent_at }) => ({
    kind,
    requested_at: time(created_at),
    sent_at: time(sent_at),
  }))
}
