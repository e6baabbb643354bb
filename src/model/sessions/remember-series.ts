import { sendWrite } from '@db/send-write'
import type { Deps } from '@/deps/deps'
import { base64url, sha256 } from '@/lib/encoding'
import type { Session } from '@/model/types'
import { createToken } from '@/lib/random-token'
import { endSeries } from './end'

const TOKEN_PATTERN = /^([\w-]{22})\.([\w-]{43})$/

/** `value` names the series of the device and has a secret that changes at each use. */
export type RememberToken = { value: string; expiresAt: number }

/** `lifetime` is in milliseconds. Belongs in a transaction with the account lock. */
export async function startSeries(
  deps: Deps,
  session: Pick<Session, 'id' | 'user_id'>,
  lifetime: number,
): Promise<RememberToken> {
  const series = base64url(deps.random(16))
  const at = deps.now()
  const row = { id: sha256(series), user_id: session.user_id, created_at: at, expires_at: at + lifetime }
  const secret = createToken(deps)
  const insert = deps.db.insertInto('remember_series').values({ ...row, current_secret_hash: secret.token_hash })
  await sendWrite(deps.db, insert)
  await insertSecret(deps, row.id, secret.token_hash, null)
  await endOldestSeries(deps, row)
  await deleteOldEndedSeries(deps, row.user_id)
  await sendWrite(deps.db, deps.db.updateTable('sessions').set({ series_id: row.id }).where('id', '=', session.id))
  return { value: `${series}.${secret.token}`, expiresAt: row.expires_at }
}

async function endOldestSeries(deps: Deps, { id, user_id }: { id: string; user_id: string }) {
  const { perUser, deletedAtOnce } = deps.config.rowCaps
  const oldest = await deps.db
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
    .execute()
  for (const series of oldest) await endSeries(deps, user_id, series.id, 'revoked')
}

/** Also deletes their secrets: a token of an ended series is no evidence of a copy. */
async function deleteOldEndedSeries({ db, now, config }: Deps, userId: string) {
  const { perUser, deletedAtOnce } = config.rowCaps
  const old = db
    .selectFrom('remember_series')
    .select('id')
    .where('user_id', '=', userId)
    .where((eb) => eb.or([eb('ended_at', 'is not', null), eb('expires_at', '<=', now())]))
    .orderBy(({ fn }) => fn.coalesce('ended_at', 'expires_at'), 'desc')
    .orderBy('id')
    .offset(perUser.endedSeries)
    .limit(deletedAtOnce)
  await sendWrite(db, db.deleteFrom('remember_series').where('id', 'in', old))
}

export async function findSeriesLifetime({ db }: Deps, { series_id }: Pick<Session, 'series_id'>) {
  const series = await db
    .selectFrom('remember_series')
    .select(['created_at', 'expires_at'])
    .where('id', '=', series_id)
    .executeTakeFirst()
  return series && series.expires_at - series.created_at
}

export async function createSuccessor(
  deps: Deps,
  series: string,
  expiresAt: number,
  parentHash: string,
): Promise<RememberToken> {
  const { token, token_hash } = createToken(deps)
  await insertSecret(deps, sha256(series), token_hash, parentHash)
  return { value: `${series}.${token}`, expiresAt }
}

const insertSecret = ({ db, now }: Deps, series_id: string, secret_hash: string, parent_hash: string | null) =>
  sendWrite(db, db.insertInto('remember_secrets').values({ secret_hash, series_id, created_at: now(), parent_hash }))

export function parseRememberToken(token: string) {
  const [, series, secret] = TOKEN_PATTERN.exec(token) ?? []
  return series && secret ? { series, secret } : undefined
}

export function seriesIdOf(token: string) {
  const parsed = parseRememberToken(token)
  return parsed && sha256(parsed.series)
}
