import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { seconds } from '@/lib/duration'
import { deriveToken } from '@/lib/random-token'
import { formatAmr } from '@/model/factors/assurance'
import type { Client, Session, SessionLookup } from '@/model/types'
import { recordEvent } from '@/model/security-events/security-events'
import { joinedUserColumns, toUser } from '@/model/users/columns'
import { endSeries } from './end'
import { findActiveSessionOfSeries } from './expiry'
import { createSuccessor, parseRememberToken, type RememberToken } from './remember-series'
import { startSession } from './sessions'
import { raiseTheftAlert } from './theft-alert'

/** Parallel requests of one browser send the same cookies. Requests at most this far apart share one session. */
const PARALLEL_GRACE = seconds(10)

/** A copy could send one request after the other. */
const MAX_PARALLEL_GRACE = seconds(30)

type RestoreResult =
  | { kind: 'unknown' }
  /** `sessionToken` is undefined if the browser has a newer one by now, or receives it in another response. */
  | { kind: 'restored'; sessionLookup: SessionLookup; sessionToken?: string; rememberToken: RememberToken }
  /** The token was copied. The series and its sessions have ended. */
  | { kind: 'theft' }

type Presented = { series: string; secret: string; hash: string }

/** The session for this request, with the secret that the next one succeeds. */
type Opened = { session: Session; sessionToken?: string; parentHash: string }

/**
 * Opens or shares the session of a remembered device. The result is never fresh, because no credential was typed.
 * docs/explanation/remember-me.md has the table of states and events.
 */
export async function restoreSession(deps: Deps, token: string, client: Client): Promise<RestoreResult> {
  const parsed = parseRememberToken(token)
  if (!parsed) return { kind: 'unknown' }
  const presented = { ...parsed, hash: sha256(parsed.secret) }
  const owner = await findOwner(deps, presented)
  if (owner === undefined) return { kind: 'unknown' }
  return inTransaction(deps, (deps) => restore(deps, presented, client), { locks: [accountLock(owner)] })
}

async function restore(deps: Deps, presented: Presented, client: Client): Promise<RestoreResult> {
  const series = await findSeries(deps, presented)
  if (!series) return { kind: 'unknown' } // also a secret that was never issued: no evidence of a copy
  if (series.deactivated_at !== null) {
    await endSeries(deps, series.user_id, series.id, 'deactivated')
    return { kind: 'unknown' }
  }
  if (await reportCopy(deps, series, presented, client)) return { kind: 'theft' }
  if (series.ended_at !== null) return { kind: 'unknown' }
  if (await hasTooManySecrets(deps, series)) {
    await endSeries(deps, series.user_id, series.id, 'revoked')
    return { kind: 'unknown' }
  }
  const opened = (await shareSession(deps, series, presented)) ?? (await openSession(deps, series, presented, client))
  if (!opened) return { kind: 'unknown' }
  const { session, sessionToken, parentHash } = opened
  const rememberToken = await createSuccessor(deps, presented.series, series.expires_at, parentHash)
  return {
    kind: 'restored',
    sessionLookup: { kind: 'active', session, user: toUser(series) },
    sessionToken,
    rememberToken,
  }
}

/** For the account lock, before the series is read under it. */
async function findOwner({ db }: Deps, { series }: Presented) {
  const row = db.selectFrom('remember_series').select('user_id').where('id', '=', sha256(series))
  return (await row.executeTakeFirst())?.user_id
}

type Series = NonNullable<Awaited<ReturnType<typeof findSeries>>>

const findSeries = ({ db, now }: Deps, { series, hash }: Presented) =>
  db
    .selectFrom('remember_series')
    .innerJoin('remember_secrets', 'remember_secrets.series_id', 'remember_series.id')
    .innerJoin('users', 'users.id', 'remember_series.user_id')
    .select([
      'remember_series.id',
      'remember_series.user_id',
      'expires_at',
      'ended_at',
      'ended_reason',
      'current_secret_hash',
      'current_used_at',
      'session_nonce',
      'parent_hash',
    ])
    .select(joinedUserColumns)
    .select('users.deactivated_at')
    .where('remember_series.id', '=', sha256(series))
    .where('secret_hash', '=', hash)
    .where('expires_at', '>', now())
    .executeTakeFirst()

/** The current secret stays valid until a successor restores a session, because the browser may lack every successor. */
const isValid = ({ current_secret_hash, parent_hash }: Series, { hash }: Presented) =>
  hash === current_secret_hash || parent_hash === current_secret_hash

/** Old secrets are evidence of a copied token. The series ends at the cap, because deleting them would hide a copy. */
async function hasTooManySecrets({ db, config }: Deps, { id }: Series) {
  const secrets = db.selectFrom('remember_secrets').select('series_id').where('series_id', '=', id)
  return (await secrets.offset(config.rowCaps.secretsPerSeries).limit(1).executeTakeFirst()) !== undefined
}

const isRecent = ({ now }: Deps, at: number | null, grace = PARALLEL_GRACE) =>
  at !== null && Math.abs(now() - at) < grace

/** For requests that the browser sent before it received the newest cookies. They do not end the session of the others. */
async function shareSession(deps: Deps, series: Series, { secret, hash }: Presented): Promise<Opened | undefined> {
  const { current_secret_hash: parentHash, session_nonce, current_used_at } = series
  const isRepeated = hash === parentHash && session_nonce !== null && isRecent(deps, current_used_at)
  const active = await findActiveSessionOfSeries(deps, series.id)
  if (!active) return undefined
  const isParallel = isRepeated && isRecent(deps, active.created_at, MAX_PARALLEL_GRACE)
  if (isParallel) await setUsed(deps, series.id, { current_used_at: deps.now() })
  // A password and a second factor may have been used in the session. They prove nothing about this request.
  const unproved = { reauthenticated_at: null, second_factor_at: null, amr: formatAmr(['remember-me']) }
  const session = { ...active, ...unproved, rotation_due_at: null }
  const restored = isParallel ? deriveToken(secret, session_nonce) : undefined
  if (restored?.token_hash === active.token_hash) return { session, sessionToken: restored.token, parentHash }
  return isParallel || isRecent(deps, active.rotated_at) ? { session, parentHash } : undefined
}

/** Ends the previous session of the series. */
async function openSession(
  deps: Deps,
  series: Series,
  { secret, hash }: Presented,
  client: Client,
): Promise<Opened | undefined> {
  const user = toUser(series)
  const session_nonce = base64url(deps.random(16))
  const token = deriveToken(secret, session_nonce)
  const start = { origin: 'remember', amr: ['remember-me'], isFresh: false, series_id: series.id, token } as const
  const started = await startSession(deps, user, client, start)
  if (!started) return undefined
  if (!isRecent(deps, series.current_used_at)) await invalidateSuccessors(deps, series.id, hash)
  await setUsed(deps, series.id, { current_secret_hash: hash, current_used_at: deps.now(), session_nonce })
  const { session, token: sessionToken } = started
  await recordEvent(deps, { kind: 'session-restored', userId: user.id, sessionId: session.id }, client)
  return { session, sessionToken, parentHash: hash }
}

const setUsed = (
  { db }: Deps,
  seriesId: string,
  use: Partial<Pick<Series, 'current_secret_hash' | 'session_nonce'>> & { current_used_at: number },
) => sendWrite(db, db.updateTable('remember_series').set(use).where('id', '=', seriesId))

/** If the browser had received one of them, it would not present this secret. A copy would. */
const invalidateSuccessors = ({ db }: Deps, seriesId: string, hash: string) =>
  sendWrite(
    db,
    db
      .updateTable('remember_secrets')
      .set({ parent_hash: null })
      .where('series_id', '=', seriesId)
      .where('parent_hash', '=', hash),
  )

/**
 * Returns whether the secret proves a copy. Also for a series that has ended: a copy could log out to hide itself. The
 * end reason `theft` makes one alarm of several requests.
 */
async function reportCopy(deps: Deps, series: Series, presented: Presented, client: Client) {
  if (isValid(series, presented) || series.ended_reason === 'theft') return false
  const user = toUser(series)
  await endSeries(deps, series.user_id, series.id, 'theft')
  const ended = deps.db.updateTable('remember_series').set({ ended_reason: 'theft' })
  await sendWrite(deps.db, ended.where('id', '=', series.id))
  await raiseTheftAlert(deps, user)
  await recordEvent(deps, { kind: 'remember-token-reused', userId: user.id, seriesId: series.id }, client)
  return true
}

/** For a login or logout in the browser that sent the token. Belongs in a transaction. */
export async function forgetRememberedDevice(deps: Deps, token: string | undefined, client: Client) {
  const parsed = token === undefined ? undefined : parseRememberToken(token)
  if (!parsed) return
  const presented = { ...parsed, hash: sha256(parsed.secret) }
  const owner = await findOwner(deps, presented)
  if (owner === undefined) return
  const forget = async (deps: Deps) => {
    const series = await findSeries(deps, presented)
    if (series && !(await reportCopy(deps, series, presented, client)))
      await endSeries(deps, owner, series.id, 'logout')
  }
  await inTransaction(deps, forget, { locks: [accountLock(owner)] }) // the series may be of another user
}
