import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { seconds } from '@/lib/duration'
import { findActiveSessionOfSeries } from './expiry'
import { recordEvent } from '@/model/security-events/security-events'
import { endSeries } from './end'
import type { Client, Session, User, SessionLookup } from '@/model/types'
import { startSession } from './sessions'
import { raiseTheftAlert } from './theft-alert'
import { joinedUserColumns, toUser } from '@/model/users/columns'

/** How long a used secret still opens the door to tabs that were on their way with it. */
const REUSE_GRACE = seconds(10)

const TOKEN_PATTERN = /^([\w-]{22})\.([\w-]{43})$/

/** A remember token as the browser keeps it: one series a device, and a secret that changes at each use. */
export type RememberToken = { value: string; expiresAt: number }

type RestoreResult =
  /** Nothing to restore: the token is broken, ended, expired or never was. */
  | { kind: 'unknown' }
  /** The first to come with this secret: a session of its own, and the series' next secret. */
  | { kind: 'restored'; sessionLookup: SessionLookup; sessionToken: string; rememberToken: RememberToken }
  /** A tab that came along with the first: it shares that one's session, and keeps the cookies that one was given. */
  | { kind: 'shared'; sessionLookup: SessionLookup }
  /** The secret was used before by somebody else. The series and its sessions have been ended. */
  | { kind: 'theft' }

/** Starts a series of so many milliseconds for the device that this session runs on. Only hashes of it are kept. */
export async function startSeries(deps: Deps, session: Pick<Session, 'id' | 'user_id'>, lifetime: number) {
  const series = base64url(deps.random(16))
  const at = deps.now()
  const kept = {
    id: sha256(series),
    user_id: session.user_id,
    created_at: at,
    expires_at: at + lifetime,
  }
  await deps.db.insertInto('remember_series').values(kept).execute()
  await endOldestSeries(deps, kept)
  await deleteOldEndedSeries(deps, kept.user_id)
  await deps.db.updateTable('sessions').set({ series_id: kept.id }).where('id', '=', session.id).execute()
  return createSecret(deps, series, kept.expires_at)
}

/** Ends the user's oldest active series, so that with this new one there are not too many. */
async function endOldestSeries(deps: Deps, { id, user_id }: { id: string; user_id: string }) {
  const { perUser, deletedAtOnce } = deps.config.rowCaps
  const oldest = deps.db
    .selectFrom('remember_series')
    .select('id')
    .where('user_id', '=', user_id)
    .where('id', '!=', id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', deps.now())
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .offset(perUser.activeSeries - 1)
    .limit(deletedAtOnce)
  for (const old of await oldest.execute()) await endSeries(deps, old.id, 'revoked')
}

/** Deletes all but the user's newest ended series, with their secrets: the token of an ended series proves no theft. */
async function deleteOldEndedSeries({ db, now, config }: Deps, userId: string) {
  const { perUser, deletedAtOnce } = config.rowCaps
  const old = db
    .selectFrom('remember_series')
    .select('id')
    .where('user_id', '=', userId)
    .where((its) => its.or([its('ended_at', 'is not', null), its('expires_at', '<=', now())]))
    .orderBy(({ fn }) => fn.coalesce('ended_at', 'expires_at'), 'desc')
    .orderBy('id')
    .offset(perUser.endedSeries)
    .limit(deletedAtOnce)
  await db.deleteFrom('remember_series').where('id', 'in', old).execute()
}

/** For how long the device of this session is remembered, counted from its login; undefined where it is not. */
export async function findSeriesLifetime({ db }: Deps, { series_id }: Pick<Session, 'series_id'>) {
  const series = db.selectFrom('remember_series').select(['created_at', 'expires_at']).where('id', '=', series_id)
  const found = await series.executeTakeFirst()
  return found && found.expires_at - found.created_at
}

async function createSecret({ db, now, random }: Deps, series: string, expiresAt: number): Promise<RememberToken> {
  const secret = base64url(random(32))
  const kept = { secret_hash: sha256(secret), series_id: sha256(series), created_at: now() }
  await db.insertInto('remember_secrets').values(kept).execute()
  return { value: `${series}.${secret}`, expiresAt }
}

/** The id of the series that a remember token belongs to, if it has the form of one. */
export function seriesIdOf(token: string) {
  const [, series] = TOKEN_PATTERN.exec(token) ?? []
  return series && sha256(series)
}

/** Trades a remember token for a session that is whole, but not fresh: nobody typed anything. */
export async function restoreSession(deps: Deps, token: string, client: Client): Promise<RestoreResult> {
  const [, series, secret] = TOKEN_PATTERN.exec(token) ?? []
  if (!series || !secret) return { kind: 'unknown' }
  return inTransaction(deps, async (deps) => {
    const remembered = await findSeries(deps, sha256(series))
    if (!remembered) return { kind: 'unknown' }
    if (remembered.deactivated_at !== null) {
      await endSeries(deps, sha256(series), 'deactivated')
      return { kind: 'unknown' }
    }
    const user = toUser(remembered)
    if (!(await consumeSecret(deps, series, secret)))
      return handleUsedSecret(deps, user, sha256(series), sha256(secret), client)
    if (await hasTooManySecrets(deps, sha256(series))) {
      await endSeries(deps, sha256(series), 'revoked')
      return { kind: 'unknown' }
    }
    const started = await startSession(deps, user, client, {
      origin: 'remember',
      isFresh: false,
      series_id: sha256(series),
    })
    if (!started) return { kind: 'unknown' }
    const sessionLookup = { kind: 'active', session: started.session, user } as const
    await recordEvent(deps, { kind: 'session-restored', userId: user.id, sessionId: started.session.id }, client)
    const rememberToken = await createSecret(deps, series, remembered.expires_at)
    return { kind: 'restored', sessionLookup, sessionToken: started.token, rememberToken }
  })
}

const findSeries = ({ db, now }: Deps, seriesId: string) =>
  db
    .selectFrom('remember_series')
    .innerJoin('users', 'users.id', 'remember_series.user_id')
    .select('expires_at')
    .select(joinedUserColumns)
    .select('users.deactivated_at')
    .where('remember_series.id', '=', seriesId)
    .where('expires_at', '>', now())
    .where('ended_at', 'is', null)
    .executeTakeFirst()

/** Of several who bring the same secret one gets it. */
const consumeSecret = ({ db, now }: Deps, series: string, secret: string) =>
  db
    .updateTable('remember_secrets')
    .set({ used_at: now() })
    .where('secret_hash', '=', sha256(secret))
    .where('series_id', '=', sha256(series))
    .where('used_at', 'is', null)
    .returning('series_id')
    .executeTakeFirst()

/**
 * Used secrets of an active series are evidence of a copied token. Deleting them early would let a thief restore sessions
 * until the evidence is gone, so the series ends instead.
 */
async function hasTooManySecrets({ db, config }: Deps, seriesId: string) {
  const used = db
    .selectFrom('remember_secrets')
    .select('secret_hash')
    .where('series_id', '=', seriesId)
    .where('used_at', 'is not', null)
    .offset(config.rowCaps.usedSecretsPerSeries)
    .limit(1)
  return (await used.executeTakeFirst()) !== undefined
}

async function handleUsedSecret(
  deps: Deps,
  user: User,
  seriesId: string,
  secret_hash: string,
  client: Client,
): Promise<RestoreResult> {
  const secret = await deps.db
    .selectFrom('remember_secrets')
    .select('used_at')
    .where('secret_hash', '=', secret_hash)
    .where('series_id', '=', seriesId)
    .executeTakeFirst()
  if (!secret || secret.used_at === null) return { kind: 'unknown' } // a guess or a typing error, no theft
  if (Math.abs(deps.now() - secret.used_at) < REUSE_GRACE) {
    const session = await findActiveSessionOfSeries(deps, seriesId)
    return session ? { kind: 'shared', sessionLookup: { kind: 'active', session, user } } : { kind: 'unknown' }
  }
  await endSeries(deps, seriesId, 'theft')
  await raiseTheftAlert(deps, user)
  await recordEvent(deps, { kind: 'remember-token-reused', userId: user.id, seriesId }, client)
  return { kind: 'theft' }
}
