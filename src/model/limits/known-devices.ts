import type { Deps } from '@/deps/deps'
import { base64url, sha256 } from '@/lib/encoding'
import { days } from '@/lib/duration'
import { isWellFormedToken, createToken } from '@/lib/random-token'
import type { User } from '@/model/types'

export const KNOWN_DEVICE_LIFETIME = days(180)

export async function findKnownDevice({ db, now }: Deps, canonicalEmail: string, token = '') {
  if (!isWellFormedToken(token)) return undefined
  return db
    .selectFrom('known_devices')
    .innerJoin('users', 'users.id', 'known_devices.user_id')
    .select('known_devices.id')
    .where('token_hash', '=', sha256(token))
    .where('canonical_email', '=', canonicalEmail)
    .where('expires_at', '>', now())
    .executeTakeFirst()
}

/** Returns a new token, so that one planted by an attacker stops working. Belongs in a transaction. */
export async function rememberKnownDevice(deps: Deps, { id: user_id }: Pick<User, 'id'>, previousToken = '') {
  const { token, token_hash } = createToken(deps)
  const known_at = deps.now()
  if (isWellFormedToken(previousToken)) {
    const previous = sha256(previousToken)
    await deps.db
      .deleteFrom('known_devices')
      .where('token_hash', '=', previous)
      .where('user_id', '=', user_id)
      .execute()
    await deps.db.updateTable('known_devices').set({ token_hash }).where('token_hash', '=', previous).execute()
  }
  const row = {
    id: base64url(deps.random(16)),
    token_hash,
    user_id,
    known_at,
    expires_at: known_at + KNOWN_DEVICE_LIFETIME,
  }
  await deps.db.insertInto('known_devices').values(row).execute()
  await enforceMax(deps, row)
  return token
}

async function enforceMax({ db, config }: Deps, { id, user_id }: { id: string; user_id: string }) {
  const { perUser, deletedAtOnce } = config.rowCaps
  const oldest = db
    .selectFrom('known_devices')
    .select('id')
    .where('user_id', '=', user_id)
    .where('id', '!=', id)
    .orderBy('known_at', 'desc')
    .orderBy('id')
    .offset(perUser.knownDevices - 1)
    .limit(deletedAtOnce)
  await db.deleteFrom('known_devices').where('id', 'in', oldest).execute()
}

export const forgetKnownDevice = ({ db }: Pick<Deps, 'db'>, { id }: { id: string }) =>
  db.deleteFrom('known_devices').where('id', '=', id).execute()

export const forgetKnownDevicesOf = ({ db }: Deps, { id }: Pick<User, 'id'>) =>
  db.deleteFrom('known_devices').where('user_id', '=', id).execute()
