import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { seconds } from '@/lib/duration'
import type { Client, User, SessionLookup } from '@/model/types'
import { recordEvent } from '@/model/security-events/security-events'
import { joinedUserColumns, toUser } from '@/model/users/columns'
import { endSeries } from './end'
import { findActiveSessionOfSeries } from './expiry'
import { createSecret, parseRememberToken, type RememberToken } from './remember-series'
import { startSession } from './sessions'
import { raiseTheftAlert } from './theft-alert'

/** Parallel requests of one browser send the same secret, and only the first one consumes it. */
const REUSE_GRACE = seconds(10)

type RestoreResult =
  | { kind: 'unknown' }
  | { kind: 'restored'; sessionLookup: SessionLookup; sessionToken: string; rememberToken: RememberToken }
  /** A parallel request: the browser keeps the cookies of the first one. */
  | { kind: 'shared'; sessionLookup: SessionLookup }
  /** The token was copied. The series and its sessions have ended. */
  | { kind: 'theft' }

/** The new session is not fresh, because no credential was typed. */
export async function restoreSession(deps: Deps, token: string, client: Client): Promise<RestoreResult> {
  const parsed = parseRememberToken(token)
  if (!parsed) return { kind: 'unknown' }
  const seriesId = sha256(parsed.series)
  const secretHash = sha256(parsed.secret)
  return inTransaction(deps, async (deps) => {
    const series = await findSeries(deps, seriesId)
    if (!series) return { kind: 'unknown' }
    if (series.deactivated_at !== null) {
      await endSeries(deps, seriesId, 'deactivated')
      return { kind: 'unknown' }
    }
    const user = toUser(series)
    if (!(await consumeSecret(deps, seriesId, secretHash)))
      return handleUsedSecret(deps, user, seriesId, secretHash, client)
    if (await hasTooManySecrets(deps, seriesId)) {
      await endSeries(deps, seriesId, 'revoked')
      return { kind: 'unknown' }
    }
    const started = await startSession(deps, user, client, { origin: 'remember', isFresh: false, series_id: seriesId })
    if (!started) return { kind: 'unknown' }
    const { session, token: sessionToken } = started
    await recordEvent(deps, { kind: 'session-restored', userId: user.id, sessionId: session.id }, client)
    const rememberToken = await createSecret(deps, parsed.series, series.expires_at)
    return { kind: 'restored', sessionLookup: { kind: 'active', session, user }, sessionToken, rememberToken }
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

const consumeSecret = ({ db, now }: Deps, seriesId: string, secretHash: string) =>
  db
    .updateTable('remember_secrets')
    .set({ used_at: now() })
    .where('secret_hash', '=', secretHash)
    .where('series_id', '=', seriesId)
    .where('used_at', 'is', null)
    .returning('series_id')
    .executeTakeFirst()

/** Used secrets are evidence of a copied token. The series ends at the cap, because deleting them would hide a copy. */
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
  secretHash: string,
  client: Client,
): Promise<RestoreResult> {
  const secret = await deps.db
    .selectFrom('remember_secrets')
    .select('used_at')
    .where('secret_hash', '=', secretHash)
    .where('series_id', '=', seriesId)
    .executeTakeFirst()
  if (!secret || secret.used_at === null) return { kind: 'unknown' } // never issued, so no evidence of a copy
  if (Math.abs(deps.now() - secret.used_at) < REUSE_GRACE) {
    const session = await findActiveSessionOfSeries(deps, seriesId)
    return session ? { kind: 'shared', sessionLookup: { kind: 'active', session, user } } : { kind: 'unknown' }
  }
  await endSeries(deps, seriesId, 'theft')
  await raiseTheftAlert(deps, user)
  await recordEvent(deps, { kind: 'remember-token-reused', userId: user.id, seriesId }, client)
  return { kind: 'theft' }
}
